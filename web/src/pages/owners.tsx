// The list of processes that hold BPF objects, and the page of one process.

import { useMemo } from "preact/hooks";
import { ProcessPage, Processes, type ProcessPageData, type ProcessesData } from "@gen/queries";
import type { PageProps } from "../routes";
import type { Fields } from "../lib/export";
import { count, plural } from "../lib/format";
import { useLive } from "../lib/hooks";
import { params, setParams } from "../lib/router";
import { Card, Head, MapLink, None, ProgramLink, ShowQuery, TypeTag } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Save } from "../parts/save";
import { Answer, Empty } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Process = ProcessesData["processes"][number];

const columns: Column<Process>[] = [
  { id: "pid", title: "Pid", least: 78, end: true, value: (row) => row.pid,
    cell: (row) => row.pid },
  { id: "comm", title: "Command", least: 130, grow: 1, value: (row) => row.comm,
    cell: (row) => <a class="mono" href={`/owners/${row.pid}`}>{row.comm}</a> },
  { id: "programs", title: "Programs", least: 86, end: true, value: (row) => row.programs.length,
    cell: (row) => row.programs.length },
  { id: "maps", title: "Maps", least: 70, end: true, value: (row) => row.maps.length,
    cell: (row) => row.maps.length },
  { id: "links", title: "Links", least: 70, end: true, wideOnly: true,
    value: (row) => row.links.length, cell: (row) => row.links.length },
  { id: "unit", title: "Unit or container", least: 150, grow: 1, wideOnly: true,
    value: (row) => row.unit ?? row.container,
    cell: (row) => row.unit ?? row.container ?? row.pod ?? <None /> },
  { id: "names", title: "Programs and maps", least: 200, grow: 3, wideOnly: true,
    cell: (row) => row.programs.slice(0, 6).map((program, at) => (
      <span key={program.id}>{at > 0 && ", "}<ProgramLink program={program} /></span>)) },
  { id: "cmdline", title: "Command line", least: 180, grow: 2, mono: true, wideOnly: true,
    value: (row) => row.cmdline,
    cell: (row) => <span title={row.cmdline ?? ""}>{row.cmdline}</span> },
];

const fields: Fields<Process> = [
  ["pid", (row) => row.pid], ["comm", (row) => row.comm], ["cmdline", (row) => row.cmdline],
  ["unit", (row) => row.unit], ["container", (row) => row.container], ["pod", (row) => row.pod],
  ["programs", (row) => row.programs.map(({ id }) => id)],
  ["maps", (row) => row.maps.map(({ id }) => id)],
  ["links", (row) => row.links.map(({ id }) => id)],
];

const fits = (row: Process, text: string): boolean =>
  [row.pid, row.comm, row.cmdline, row.unit, row.container,
    ...row.programs.map(({ name }) => name), ...row.maps.map(({ name }) => name)]
    .some((part) => String(part ?? "").toLowerCase().includes(text.toLowerCase()));

export function Owners() {
  const result = useLive(Processes, {});
  const text = params.value.get("q") ?? "";
  const rows = useMemo(
    () => (result.data?.processes ?? []).filter((row) => !text || fits(row, text)),
    [result.data, text]);
  return (
    <div class="page fill">
      <Head title="Owners" actions={<ShowQuery doc={Processes} variables={{}} />} />
      <div class="bar">
        <input type="search" value={text} placeholder="Filter processes"
          aria-label="Filter processes" spellcheck={false}
          onInput={(event) => setParams({ q: event.currentTarget.value })} />
        <span class="end">{plural(rows.length, "processes")}
          <Save name="owners" rows={rows} fields={fields} /></span>
      </div>
      <Answer result={result}>
        {() => (
          <Table className="grow" label="Owners" rows={rows} columns={columns}
            rowKey={(row) => row.pid} href={(row) => `/owners/${row.pid}`}
            first={{ column: "programs", down: true }}
            empty={<Empty icon="owner"
              title={text ? "None fits the filter" : "No process holds a BPF object"} />} />
        )}
      </Answer>
    </div>
  );
}

type Held = NonNullable<ProcessPageData["process"]>;

/** All objects that a process holds. */
const heldBy = ({ programs, maps, links }: Held) => [
  ...programs.map(({ id, name, type }) => ({ kind: "program", id, name, type })),
  ...maps.map(({ id, name, type }) => ({ kind: "map", id, name, type })),
  ...links.map(({ id, target, type }) => ({ kind: "link", id, name: target, type })),
];

const heldFields: Fields<ReturnType<typeof heldBy>[number]> = [
  ["kind", (row) => row.kind], ["id", (row) => row.id], ["name", (row) => row.name],
  ["type", (row) => row.type],
];

export function ProcessView({ id }: PageProps) {
  const result = useLive(ProcessPage, { pid: Number(id) });
  return (
    <div class="page">
      <Answer result={result}>
        {({ process }) => !process
          ? <Empty title={`Process ${id} holds no BPF object`} icon="owner">
              <p>It may have ended. <a href="/owners">All owners</a></p>
            </Empty>
          : <>
              <Head title={process.comm} mono crumbs={[["Owners", "/owners"]]}
                actions={<>
                  <a class="button" href={`/graph?from=process:${process.pid}`}>
                    <Icon name="graph" />Graph</a>
                  <Save name={`process_${process.pid}`} rows={heldBy(process)}
                    fields={heldFields} />
                  <ShowQuery doc={ProcessPage} variables={{ pid: process.pid }} />
                </>}>
                <span class="dim">process {process.pid}</span>
              </Head>
              <div class="cards">
                <Card title="Process">
                  <dl class="facts">
                    <dt>Command line</dt><dd class="mono">{process.cmdline ?? "–"}</dd>
                    {process.unit && <><dt>Unit</dt><dd>{process.unit}</dd></>}
                    {process.container && (
                      <><dt>Container</dt><dd class="mono">{process.container}</dd></>)}
                    {process.pod && <><dt>Pod</dt><dd class="mono">{process.pod}</dd></>}
                    <dt>Cgroup</dt><dd class="mono">{process.cgroup ?? "–"}</dd>
                  </dl>
                </Card>
                <Card title="Programs" bare end={count(process.programs.length)}>
                  <ul class="list scrolls">
                    {process.programs.map((program) => (
                      <li key={program.id}><ProgramLink program={program} />
                        <span class="dim">{program.id}</span>
                        <span class="end"><TypeTag type={program.type} /></span></li>
                    ))}
                  </ul>
                </Card>
                <Card title="Maps" bare end={count(process.maps.length)}>
                  <ul class="list scrolls">
                    {process.maps.map((map) => (
                      <li key={map.id}><MapLink map={map} /><span class="dim">{map.id}</span>
                        <span class="end"><TypeTag type={map.type} map /></span></li>
                    ))}
                  </ul>
                </Card>
                {process.links.length > 0 && (
                  <Card title="Links" bare end={count(process.links.length)}>
                    <ul class="list scrolls">
                      {process.links.map((link) => (
                        <li key={link.id}><a href={`/links/${link.id}`}>link {link.id}</a>
                          <span class="mono clip">{link.target}</span>
                          <span class="end">{link.type}</span></li>
                      ))}
                    </ul>
                  </Card>
                )}
              </div>
            </>}
      </Answer>
    </div>
  );
}
