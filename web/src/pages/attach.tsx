// The list of attachments, and the page of a link.

import { useMemo } from "preact/hooks";
import {
  Attachments, LinkPage, type AttachmentsData, type Json, type LinkPageData,
} from "@gen/queries";
import type { PageProps } from "../routes";
import type { Fields } from "../lib/export";
import { compare, plural } from "../lib/format";
import { useLive, useQuery } from "../lib/hooks";
import { oneOf, params, setParams } from "../lib/router";
import { setShowOwn, showOwn } from "../lib/store";
import {
  Card, Copy, Head, None, Owners, Pick, ProgramLink, ShowQuery, TypeTag,
} from "../parts/bits";
import { Save } from "../parts/save";
import { Answer, Empty } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Point = AttachmentsData["attachments"][number] & { at: number };

const columns: Column<Point>[] = [
  { id: "kind", title: "Kind", least: 140, grow: 1, value: (row) => row.kind,
    cell: (row) => <TypeTag type={row.kind} /> },
  { id: "target", title: "Attached to", least: 190, grow: 3, mono: true, value: (row) => row.target,
    cell: (row) => <span title={row.target}>{row.target}</span> },
  { id: "program", title: "Program", least: 150, grow: 2, value: (row) => row.program?.name,
    cell: (row) => row.program ? <ProgramLink program={row.program} /> : <None /> },
  { id: "type", title: "Type", least: 130, grow: 1, wideOnly: true,
    value: (row) => row.program?.type, cell: (row) => row.program?.type },
  { id: "attach", title: "Attach type", least: 130, grow: 1, wideOnly: true,
    value: (row) => row.attachType, cell: (row) => row.attachType ?? <None /> },
  { id: "how", title: "Held by", least: 110, grow: 1, wideOnly: true, value: (row) => row.how,
    cell: (row) => row.link ? <a href={`/links/${row.link.id}`}>link {row.link.id}</a> : row.how },
  { id: "owner", title: "Process", least: 110, grow: 1, wideOnly: true,
    value: (row) => row.owners[0]?.comm, cell: (row) => <Owners owners={row.owners} /> },
];

const fields: Fields<Point> = [
  ["kind", (row) => row.kind], ["target", (row) => row.target],
  ["program", (row) => row.program?.name], ["programId", (row) => row.programId],
  ["type", (row) => row.program?.type], ["attachType", (row) => row.attachType],
  ["how", (row) => row.how], ["link", (row) => row.link?.id],
  ["interface", (row) => row.interface?.name], ["cgroup", (row) => row.cgroup?.path],
  ["processes", (row) => row.owners.map(({ pid }) => pid)],
];

const groups = ["kind", "target", "process", "none"] as const;

function groupBy(group: (typeof groups)[number]): ((row: Point) => string) | undefined {
  switch (group) {
    case "kind": return (row) => row.kind;
    case "target": return (row) => row.target;
    case "process": return (row) => row.owners[0]?.comm ?? "held by no process";
    case "none": return undefined;
  }
}

/** The columns without one that the group's head already shows. */
const without = (id: string) => columns.filter((column) => column.id !== id);
const columnsOf = {
  kind: without("kind"), target: without("target"), process: without("owner"), none: columns,
};

const fits = (row: Point, text: string): boolean =>
  [row.kind, row.target, row.program?.name, row.program?.type, row.attachType, row.programId,
    ...row.owners.map(({ comm }) => comm)]
    .some((part) => String(part ?? "").toLowerCase().includes(text.toLowerCase()));

export function AttachPoints() {
  const result = useLive(Attachments, {});
  const text = params.value.get("q") ?? "";
  const group = oneOf("group", groups);
  const points = useMemo(() => (result.data?.attachments ?? [])
    .map((point, at) => ({ ...point, at }))
    .filter((point) => showOwn.value || !point.program?.own)
    .sort((a, b) => compare(a.target, b.target)), [result.data, showOwn.value]);
  const shown = text ? points.filter((point) => fits(point, text)) : points;
  return (
    <div class="page fill">
      <Head title="Attach points" actions={<ShowQuery doc={Attachments} variables={{}} />} />
      <div class="bar">
        <input type="search" value={text} placeholder="Filter attach points" spellcheck={false}
          aria-label="Filter attach points"
          onInput={(event) => setParams({ q: event.currentTarget.value })} />
        <Pick label="Group by" value={group}
          options={groups.map((one) => [one, one === "none" ? "no groups" : one] as const)}
          choose={(one) => setParams({ group: one === "kind" ? null : one })} />
        <label class="check"><input type="checkbox" checked={showOwn.value}
          onChange={(event) => setShowOwn(event.currentTarget.checked)} />Lunette's own</label>
        <span class="end">{plural(shown.length, "attach points")}
          <Save name="attach_points" rows={shown} fields={fields} /></span>
      </div>
      <Answer result={result}>
        {() => (
          <Table className="grow" label="Attach points" rows={shown} columns={columnsOf[group]}
            rowKey={(row) => row.at} groupOf={groupBy(group)}
            href={(row) => row.programId ? `/programs/${row.programId}` : undefined}
            empty={<Empty icon="attach"
              title={text ? "None fits the filter" : "No program is attached"} />} />
        )}
      </Answer>
    </div>
  );
}

const detailsOf = (link: LinkPageData["link"]) => (link.details ?? {}) as Record<string, Json>;

const detail = (value: Json | undefined): string =>
  typeof value === "object" ? JSON.stringify(value) : String(value);

export function LinkView({ id }: PageProps) {
  const result = useQuery(LinkPage, { id: Number(id) }, { kinds: ["LINK"] });
  return (
    <div class="page">
      <Answer result={result} missing={{
        title: `There is no link ${id}`, icon: "attach", href: "/attach", all: "All attach points",
      }}>
        {({ link }) => <>
              <Head title={`Link ${link.id}`} crumbs={[["Attach points", "/attach"]]}
                actions={<>
                  <a class="button" href={`/graph?from=link:${link.id}`}>Graph</a>
                  <Copy text={JSON.stringify(link, null, 1)} label="Copy as JSON" />
                  <ShowQuery doc={LinkPage} variables={{ id: link.id }} />
                </>}>
                <TypeTag type={link.type} />
                {link.attachType && <span class="dim">{link.attachType}</span>}
              </Head>
              <div class="cards">
                <Card title="Holds">
                  <dl class="facts">
                    <dt>Program</dt>
                    <dd>{link.program ? <ProgramLink program={link.program} /> : "none"}</dd>
                    <dt>At</dt><dd class="mono">{link.target ?? "–"}</dd>
                    <dt>Held by</dt><dd><Owners owners={link.owners} most={12} /></dd>
                    {link.pins.length > 0 && (
                      <><dt>Pinned at</dt><dd class="mono">{link.pins.join(", ")}</dd></>)}
                  </dl>
                </Card>
                <Card title="Link information">
                  <dl class="facts">
                    {Object.entries(detailsOf(link)).map(([name, value]) => [
                      <dt key={name}>{name}</dt>,
                      <dd key={`${name} is`} class="mono">{detail(value)}</dd>,
                    ])}
                  </dl>
                </Card>
              </div>
            </>}
      </Answer>
    </div>
  );
}
