// BTF objects and their types.

import { useEffect, useMemo, useState } from "preact/hooks";
import {
  BtfPage, Btfs, type BtfPageData, type BtfPageVariables, type BtfsData,
} from "@gen/queries";
import type { PageProps } from "../routes";
import { run } from "../lib/api";
import type { Fields } from "../lib/export";
import { bytes, count } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { params, setParams } from "../lib/router";
import { Card, Copy, Head, MapLink, Pick, ProgramLink, ShowQuery, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Save } from "../parts/save";
import { Answer, Empty, Failure } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Btf = BtfsData["btfs"][number];

const columns: Column<Btf>[] = [
  { id: "id", title: "Id", least: 68, end: true, value: (row) => row.id, cell: (row) => row.id },
  { id: "name", title: "Name", least: 160, grow: 2, value: (row) => row.name,
    cell: (row) => <a class="mono" href={`/btf/${row.id}`}>{row.name || `BTF ${row.id}`}</a> },
  { id: "size", title: "Size", least: 92, end: true, value: (row) => row.size,
    cell: (row) => bytes(row.size) },
  { id: "of", title: "Origin", least: 90, value: (row) => row.kernel, wideOnly: true,
    cell: (row) => row.kernel ? (row.name === "vmlinux" ? "the kernel" : "a module") : "programs" },
  { id: "programs", title: "Programs", least: 170, grow: 3, wideOnly: true,
    value: (row) => row.programs.length,
    cell: (row) => row.programs.slice(0, 8).map((program, at) => (
      <span key={program.id}>{at > 0 && ", "}<ProgramLink program={program} /></span>)) },
  { id: "maps", title: "Maps", least: 150, grow: 2, wideOnly: true, value: (row) => row.maps.length,
    cell: (row) => row.maps.slice(0, 8).map((map, at) => (
      <span key={map.id}>{at > 0 && ", "}<MapLink map={map} /></span>)) },
];

const fields: Fields<Btf> = [
  ["id", (row) => row.id], ["name", (row) => row.name], ["size", (row) => row.size],
  ["kernel", (row) => row.kernel], ["programs", (row) => row.programs.map(({ id }) => id)],
  ["maps", (row) => row.maps.map(({ id }) => id)],
  ["processes", (row) => row.owners.map(({ pid }) => pid)],
];

export function BtfList() {
  const result = useQuery(Btfs, {}, { kinds: ["BTF"] });
  const rows = useMemo(
    () => (result.data?.btfs ?? []).filter((btf) => !btf.error), [result.data]);
  return (
    <div class="page fill">
      <Head title="BTF" actions={<>
        <Save name="btf" rows={rows} fields={fields} />
        <ShowQuery doc={Btfs} variables={{}} /></>} />
      <Answer result={result}>
        {() => (
          <Table className="grow" label="BTF objects" rows={rows}
            columns={columns} rowKey={(row) => row.id} href={(row) => `/btf/${row.id}`}
            empty={<Empty title="No BTF object is loaded" icon="btf">
              <p>The kernel was built without it, or Lunette has no right to see it.</p></Empty>} />
        )}
      </Answer>
    </div>
  );
}

const kinds = [
  "", "struct", "union", "enum", "typedef", "func", "int", "ptr", "array", "var", "datasec",
];
const pageSize = 100;

type Type = BtfPageData["btf"]["types"][number];

const typeFields: Fields<Type> = [
  ["id", (row) => row.id], ["name", (row) => row.name], ["kind", (row) => row.kind],
  ["size", (row) => row.size], ["c", (row) => row.c],
];

/** The most types saved in a file. */
const savedAtMost = 5000;
/** The most types in one answer. */
const atOnce = 1000;

/** Saves all matching types as a C file: more than the page shows. */
async function saveTypes(wish: BtfPageVariables): Promise<void> {
  const { id } = wish;
  const types: Type[] = [];
  let name = "";
  for (let offset = 0; offset < savedAtMost && types.length === offset; offset += atOnce) {
    const { data: { btf } } = await run(BtfPage, { ...wish, first: atOnce, offset });
    types.push(...btf.types);
    name = btf.name || `BTF ${id}`;
  }
  const heads = [`// ${name}`, ...(types.length < savedAtMost ? [] : [
    `// The first ${savedAtMost} types. All, in an order that compiles: ` +
      `lunette btf dump id ${id}`])];
  const texts = types.map(({ c }) => c).filter(Boolean);
  download(`btf_${id}.h`, `${[heads.join("\n"), ...texts].join("\n\n")}\n`, "text/x-c");
}

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
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const save = () => {
    setSaving(true);
    setProblem(undefined);
    saveTypes(wish).catch((error: Error) => setProblem(error.message))
      .finally(() => setSaving(false));
  };
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
          <Save name={`btf_${id}_types`} rows={result.data?.btf.types ?? []} fields={typeFields}
            noun="types in sight" />
          <button class="plain" title="Download all that fit as C" onClick={save} disabled={saving}>
            <Icon name="save" />C</button>
          <button disabled={offset === 0}
            onClick={() => setParams({ from: String(Math.max(0, offset - pageSize)) })}>
            Previous</button>
          <button disabled={(result.data?.btf.types.length ?? 0) < pageSize}
            onClick={() => setParams({ from: String(offset + pageSize) })}>Next</button>
        </span>
      </div>
      {problem && <Failure message={problem} />}
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
