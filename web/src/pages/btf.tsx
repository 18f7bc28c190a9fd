// BTF objects and the types that they describe.

import { useEffect, useState } from "preact/hooks";
import { BtfPage, Btfs, type BtfsData } from "@gen/queries";
import type { PageProps } from "../routes";
import { bytes, count } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { params, setParams } from "../lib/router";
import { Card, Copy, Head, MapLink, Pick, ProgramLink, ShowQuery } from "../parts/bits";
import { Answer, Empty } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Btf = BtfsData["btfs"][number];

const columns: Column<Btf>[] = [
  { id: "id", title: "Id", least: 68, end: true, value: (row) => row.id, cell: (row) => row.id },
  { id: "name", title: "Name", least: 160, grow: 2, value: (row) => row.name,
    cell: (row) => <a class="mono" href={`/btf/${row.id}`}>{row.name || `BTF ${row.id}`}</a> },
  { id: "size", title: "Size", least: 92, end: true, value: (row) => row.size,
    cell: (row) => bytes(row.size) },
  { id: "of", title: "Of", least: 90, value: (row) => row.kernel, wideOnly: true,
    cell: (row) => row.kernel ? (row.name === "vmlinux" ? "the kernel" : "a module") : "programs" },
  { id: "programs", title: "Programs", least: 170, grow: 3, wideOnly: true,
    value: (row) => row.programs.length,
    cell: (row) => row.programs.slice(0, 8).map((program, at) => (
      <span key={program.id}>{at > 0 && ", "}<ProgramLink program={program} /></span>)) },
  { id: "maps", title: "Maps", least: 150, grow: 2, wideOnly: true, value: (row) => row.maps.length,
    cell: (row) => row.maps.slice(0, 8).map((map, at) => (
      <span key={map.id}>{at > 0 && ", "}<MapLink map={map} /></span>)) },
];

export function BtfList() {
  const result = useQuery(Btfs, {}, { kinds: ["BTF"] });
  return (
    <div class="page fill">
      <Head title="BTF" actions={<ShowQuery doc={Btfs} variables={{}} />} />
      <Answer result={result}>
        {({ btfs }) => (
          <Table className="grow" label="BTF objects" rows={btfs.filter((btf) => !btf.error)}
            columns={columns} rowKey={(row) => row.id} href={(row) => `/btf/${row.id}`}
            empty={<Empty title="No BTF object is loaded" icon="btf">
              <p>The kernel was built without it, or we may not see it.</p></Empty>} />
        )}
      </Answer>
    </div>
  );
}

const kinds = [
  "", "struct", "union", "enum", "typedef", "func", "int", "ptr", "array", "var", "datasec",
];
const pageSize = 100;

export function BtfView({ id }: PageProps) {
  const number = Number(id);
  const search = params.value.get("q") ?? "";
  const kind = params.value.get("kind") ?? "";
  const offset = Number(params.value.get("from") ?? 0);
  const [typed, setTyped] = useState(search);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (typed !== search) setParams({ q: typed, from: null });
    }, 250);
    return () => clearTimeout(timer);
  }, [typed]);
  const wish = { id: number, search: search || null, kind: kind || null, first: pageSize, offset };
  const result = useQuery(BtfPage, wish);
  return (
    <div class="page">
      <Head title={result.data?.btf.name || `BTF ${id}`} mono crumbs={[["BTF", "/btf"]]}
        actions={<ShowQuery doc={BtfPage} variables={wish} />}>
        <span class="dim">id {id}, {bytes(result.data?.btf.size)}</span>
      </Head>
      <div class="bar">
        <input type="search" value={typed} placeholder="Search types" aria-label="Search types"
          spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} />
        <Pick label="Kind" value={kind}
          options={kinds.map((word) => [word, word || "all"] as const)}
          choose={(word) => setParams({ kind: word, from: null })} />
        <span class="end">
          <button disabled={offset === 0}
            onClick={() => setParams({ from: String(Math.max(0, offset - pageSize)) })}>
            Before</button>
          <button disabled={(result.data?.btf.types.length ?? 0) < pageSize}
            onClick={() => setParams({ from: String(offset + pageSize) })}>After</button>
        </span>
      </div>
      <Answer result={result} missing={{
        title: `There is no BTF object ${id}`, icon: "btf", href: "/btf", all: "All BTF objects",
      }}>
        {({ btf }) => btf.types.length === 0 ? <Empty title="No type fits" icon="search" />
          : <div class="types">
              {btf.types.map((type) => (
                <Card key={type.id} title={<span class="mono">{type.name ?? "(no name)"}</span>}
                  end={<><span>{type.kind}</span>
                    {type.size !== null && <span>{count(type.size)} bytes</span>}
                    <span>#{type.id}</span><Copy text={type.c} /></>}>
                  {type.c && <pre class="code" tabIndex={0}>{type.c}</pre>}
                </Card>
              ))}
            </div>}
      </Answer>
    </div>
  );
}
