// Every page of the explorer, on a server with a script's pages, beside bpftrace's program and
// maps.

import { startBpftrace } from "../../lib/bpftrace.mjs";
import { startServer } from "../../lib/server.mjs";
import { bpftool, mapNamed, until } from "./browser.mjs";

const name = `P${process.pid}`;
const scripts = {
  "page.lua": `
local lunette = require("lunette")
lunette.ui.page("demo", { title = "A demo", view = function(ui)
  return ui.column {
    ui.figures { ui.figure { label = "Answer", value = 42, unit = "of all" } },
    ui.text "Written by a script, with \`code\` in it.",
    ui.chart { title = "Given curve", times = { 1, 2, 3 },
      series = { { name = "a", values = { 1, 4, 2 } } } },
    ui.row {
      ui.table { title = "By process", map = "AT_${name}" },
      ui.table { title = "Given rows", columns = { "who", "n" }, rows = { { "x", 1 }, { "y", 2 } } },
      ui.histogram { title = "Buckets", unit = "ns", buckets = { { from = 1, to = 2, count = 3 } } },
      ui.flame { title = "Stacks", stacks = { { stack = "main;read", value = 3 } } },
    },
  }
end })
lunette.ui.page("broken", { title = "Broken", view = function() error("the script's own words") end })
`,
};

/** { server, pages: [title, path, words that it shows], trace: bpftrace; stop() }. */
export async function startPages() {
  const server = await startServer({ scripts });
  const trace = startBpftrace(`tracepoint:raw_syscalls:sys_enter {
    @${name}[comm] = count(); @${name}_h = hist(args->id); }`);
  const stop = async () => {
    await trace.stop();
    await server.stop();
  };
  try {
    return { server, trace, stop, pages: await list(trace) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function list(trace) {
  const map = await mapNamed(`AT_${name}`);
  const hist = await mapNamed(`AT_${name}_h`);
  const program = await until("the program", () =>
    bpftool("prog", "list").find(({ map_ids: ids }) => ids?.includes(map.id)));
  return [
    ["overview", "/", "CPU in BPF, by program"],
    ["programs", "/programs?q=sys_enter", "sys_enter"],
    ["programs-by-process", "/programs?group=owner", "bpftrace"],
    ["maps", `/maps?q=AT_${name}`, `AT_${name}`],
    ["program", `/programs/${program.id}`, "Cost over time"],
    ["program-maps", `/programs/${program.id}?tab=maps`, `AT_${name}`],
    ["program-code", `/programs/${program.id}?tab=code`, "call"],
    ["program-flow", `/programs/${program.id}?tab=flow`, "falls through"],
    ["program-hot", `/programs/${program.id}?tab=hot`, "Samples of all CPUs"],
    ["map", `/maps/${map.id}`, "bpftrace"],
    ["map-values", `/maps/${map.id}?tab=values`, "Per second"],
    ["map-histogram", `/maps/${hist.id}?tab=histogram`, "in all"],
    ["map-about", `/maps/${map.id}?tab=about`, "Decoder"],
    ["map-export", `/maps/${map.id}?tab=export`, "metrics"],
    ["attach", "/attach", "sys_enter"],
    ["owners", "/owners", "bpftrace"],
    ["process", `/owners/${trace.pid}`, "Command line"],
    ["graph", `/graph?from=map:${map.id}`, "nodes"],
    ["btf", "/btf", "vmlinux"],
    ["btf-types", "/btf/1?q=task_struct", "task_struct"],
    ["trace", "/trace", "Trace log"],
    ["exports", "/exports", "Rules"],
    ["decoders", "/decoders", "A decoder says"],
    ["script-page", "/pages/demo", "Written by a script"],
    ["broken-page", "/pages/broken", "the script's own words"],
    ["no-page", "/nowhere", "There is no such page"],
    ["no-map", "/maps/999999999", "There is no map 999999999"],
  ];
}
