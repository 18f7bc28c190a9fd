// The tools: BPF programs that show something while they run.

import { Tools as Query, type ToolsData } from "@gen/queries";
import { count } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { Ago, Head, None, ShowQuery } from "../parts/bits";
import { Answer } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Tool = ToolsData["tools"][number];

export const State = ({ tool }: { tool: Tool }) =>
  tool.running ? <span class="good">runs</span>
    : tool.error ? <span class="bad" title={tool.error}>failed</span> : <None />;

const columns: Column<Tool>[] = [
  { id: "name", title: "Tool", least: 120, mono: true, value: (row) => row.name,
    cell: (row) => row.name },
  { id: "help", title: "What it shows", least: 220, grow: 4, cell: (row) => row.help },
  { id: "state", title: "State", least: 80, value: (row) => row.running,
    cell: (row) => <State tool={row} /> },
  { id: "since", title: "Since", least: 90, wideOnly: true, value: (row) => row.since,
    cell: (row) => row.running ? <Ago time={row.since} /> : <None /> },
  { id: "events", title: "Events", least: 90, end: true, wideOnly: true,
    value: (row) => row.events,
    cell: (row) => row.running && row.events !== null ? count(row.events) : <None /> },
  { id: "lost", title: "Lost", least: 70, end: true, wideOnly: true, value: (row) => row.lost,
    cell: (row) => row.running && row.lost !== null ? count(row.lost) : <None /> },
];

export function Tools() {
  const result = useQuery(Query, {}, { kinds: ["PROGRAM"] });
  return (
    <div class="page fill">
      <Head title="Tools" actions={<ShowQuery doc={Query} variables={{}} />}>
        <span class="dim">{count(result.data?.tools.length)}</span>
      </Head>
      <p class="lead">A tool loads a BPF program, and shows what it sees while it runs. The same
        tools run on the command line: <code>lunette tool NAME</code>.</p>
      <Answer result={result}>
        {({ tools }) => (
          <Table className="grow" label="Tools" rows={tools} columns={columns}
            rowKey={(row) => row.name} href={(row) => `/tools/${row.name}`} />
        )}
      </Answer>
    </div>
  );
}
