// The decoders of maps' entries: scripts' and Lunette's own.

import { Decoders as Query, type DecodersData } from "@gen/queries";
import type { Fields } from "../lib/export";
import { count } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { Head, MapLink, ShowQuery } from "../parts/bits";
import { Save } from "../parts/save";
import { Answer, Empty } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Decoder = DecodersData["decoders"][number];

const words = (columns: Decoder["key"]) =>
  columns.map(({ name, type }) => `${name}: ${type}`).join(", ");

const columns: Column<Decoder>[] = [
  { id: "name", title: "Decoder", least: 150, grow: 1, mono: true, value: (row) => row.name,
    cell: (row) => row.name },
  { id: "key", title: "Key", least: 160, grow: 2, mono: true, wideOnly: true,
    cell: (row) => words(row.key) },
  { id: "value", title: "Value", least: 160, grow: 2, mono: true, wideOnly: true,
    cell: (row) => words(row.value) },
  { id: "maps", title: "Decodes now", least: 180, grow: 2, value: (row) => row.maps.length,
    cell: (row) => row.maps.length === 0 ? <span class="dim">no map</span>
      : row.maps.slice(0, 8).map((map, at) => (
        <span key={map.id}>{at > 0 && ", "}<MapLink map={map} /></span>)) },
  { id: "source", title: "Declared at", least: 150, grow: 2, mono: true, wideOnly: true,
    value: (row) => row.source, cell: (row) => row.source ?? <span class="dim">built in</span> },
];

const fields: Fields<Decoder> = [
  ["name", (row) => row.name], ["key", (row) => words(row.key)],
  ["value", (row) => words(row.value)], ["maps", (row) => row.maps.map(({ id }) => id)],
  ["source", (row) => row.source],
];

export function Decoders() {
  const result = useQuery(Query, {}, { kinds: ["MAP"] });
  return (
    <div class="page fill">
      <Head title="Decoders" actions={<>
        <Save name="decoders" rows={result.data?.decoders ?? []} fields={fields} />
        <ShowQuery doc={Query} variables={{}} /></>}>
        <span class="dim">{count(result.data?.decoders.length)}</span>
      </Head>
      <p class="lead">A decoder says what a map's bytes mean. Tables, GraphQL, the command line and
        metrics use the same one. To write one, open a map, then About.</p>
      <Answer result={result}>
        {({ decoders }) => (
          <Table className="grow" label="Decoders" rows={decoders} columns={columns}
            rowKey={(row) => `${row.name} ${row.source}`}
            href={(row) => row.maps[0] && `/maps/${row.maps[0].id}?tab=about`}
            empty={<Empty title="No decoder is declared" icon="decoder" />} />
        )}
      </Answer>
    </div>
  );
}
