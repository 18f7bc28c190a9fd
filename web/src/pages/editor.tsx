// The decoder editor: Lua beside the live map. The source is tried as it is typed; errors are
// marked at their line; a working decoder is saved as a script when the server allows it, else
// downloaded.

import { useEffect, useRef, useState } from "preact/hooks";
import {
  MapPage, SaveScript, TryDecoder, type MapPageData, type TryDecoderData,
} from "@gen/queries";
import type { PageProps } from "../routes";
import { run } from "../lib/api";
import type { CodeEditor } from "../lib/code_editor";
import { useQuery } from "../lib/hooks";
import { useMapBeat } from "../lib/map_beat";
import { cellText } from "../lib/cells";
import { start } from "../lib/store";
import { Copy, Head, download } from "../parts/bits";
import { Icon } from "../parts/icon";
import { Answer, Empty, Failure, Loading } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { tokenOpen } from "../parts/token";
import { cellView, columnTitle } from "./map_cells";

type MapInfo = MapPageData["map"];
type Trial = TryDecoderData["tryDecoder"];
type Row = NonNullable<Trial["table"]>["rows"][number];

/** A default for a field of some bytes. */
function guess(size: number | null, type: string | undefined, name: string): string {
  const bytes = size ?? 0;
  if (type === "cstring") return `d.cstring(${bytes}):as("${name}")`;
  if ([1, 2, 4, 8].includes(bytes)) return `d.u${bytes * 8}():as("${name}")`;
  return `d.hex(${bytes}):as("${name}")`;
}

function template(map: MapInfo): string {
  const [key] = map.decoder.key;
  const [value] = map.decoder.value;
  return `local lunette = require("lunette")
local d = lunette.decode

lunette.decoder {
  match = { name = "${map.name ?? ""}" },
  key = ${guess(map.keySize, key?.type, key?.name ?? "key")},
  value = ${guess(map.valueSize, value?.type, value?.name ?? "value")},
}
`;
}

function TrialTable({ trial }: { trial: Trial }) {
  const { table } = trial;
  if (!table) return null;
  const columns: Column<Row>[] = table.columns.map((column, at) => ({
    id: column.name, title: columnTitle(column, table.columns), least: column.numeric ? 100 : 130,
    grow: column.numeric ? 1 : 2, end: column.numeric, mono: !column.numeric, hint: column.type,
    value: (row) => row.cells[at],
    cell: (row) => row.error ? <span class="bad" title={row.error}>{row.error}</span>
      : <span title={cellText(row.cells[at])}>{cellView(row.cells[at], column)}</span>,
  }));
  return <Table label="Entries by this decoder" rows={table.rows} columns={columns}
    rowKey={(row) => row.key} empty={<Empty title="The map is empty" icon="map" />} />;
}

const waiting = 300;

/** Tries the source shortly after the last key, and again when the map has changed. */
function useTrial(
  map: MapInfo, source: string,
): { trial: Trial | undefined; failed: string | undefined } {
  const [trial, setTrial] = useState<Trial | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  const beat = useMapBeat(map);
  useEffect(() => {
    let here = true;
    const attempt = () => run(TryDecoder, { id: map.id, source }).then(({ data }) => {
      if (!here) return;
      // The last good table stays visible beside an error.
      setTrial((old) =>
        ({ ...data.tryDecoder, table: data.tryDecoder.table ?? old?.table ?? null }));
      setFailed(undefined);
    }, (error: Error) => { if (here) setFailed(error.message); });
    const timer = setTimeout(attempt, waiting);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [map.id, source, beat]);
  return { trial, failed };
}

function SaveButton({ map, source }: { map: MapInfo; source: string }) {
  const [said, setSaid] = useState<string | undefined>(undefined);
  const name = `${(map.name || `map_${map.id}`).replace(/\W+/g, "_").toLowerCase()}_decoder.lua`;
  const save = async () => {
    try {
      const { data } = await run(SaveScript, { name, source });
      setSaid(data.saveScript.error ?? `Saved as ${data.saveScript.path}`);
    } catch (error) {
      setSaid((error as Error).message);
    }
  };
  return (
    <>
      {said && <span class="dim" role="status">{said}</span>}
      <Copy text={source} />
      <button onClick={() => download(name, source, "text/x-lua")}>
        <Icon name="save" />Download</button>
      <button class="primary" onClick={() => void save()}>Save as script</button>
    </>
  );
}

function Editor({ map }: { map: MapInfo }) {
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  const [source, setSource] = useState(() => template(map));
  const { trial, failed } = useTrial(map, source);
  useEffect(() => {
    let here = true;
    void import("../lib/code_editor").then(({ makeEditor }) => {
      if (here) editor.current = makeEditor(box.current!, source, "Decoder in Lua", setSource);
    });
    return () => {
      here = false;
      editor.current?.destroy();
    };
  }, []);
  useEffect(() => { editor.current?.mark(trial?.line ?? null, trial?.error ?? ""); },
    [trial?.line, trial?.error]);
  return (
    <>
      <div class="bar">
        <span class="dim">Your decoder runs on the current entries.</span>
        <span class="end"><SaveButton map={map} source={source} /></span>
      </div>
      <div class="bench grow">
        <div class="editor">
          <div class="code-box" ref={box} />
          {trial?.error && <div class="editor-error" role="alert">
            {trial.line !== null && `Line ${trial.line}: `}{trial.error}</div>}
        </div>
        <div class="bench-table">
          {failed && <Failure message={failed} />}
          {trial ? <TrialTable trial={trial} /> : !failed && <Loading />}
        </div>
      </div>
    </>
  );
}

export function DecoderEditor({ id }: PageProps) {
  const result = useQuery(MapPage, { id: Number(id) });
  const allowed = start.value?.health.canEval;
  return (
    <div class="page fill">
      <Head title="Decoder"
        crumbs={[["Maps", "/maps"], [result.data?.map.name || id, `/maps/${id}`]]} />
      {start.value && !allowed
        ? <Empty title="Needs a token" icon="key">
            <p>Start the server with <code>--allow-eval</code> and{" "}
              <code>--token-file</code>, then enter its token.</p>
            <button onClick={() => { tokenOpen.value = true; }}>Enter the token</button>
          </Empty>
        : <Answer result={result} missing={{
            title: `There is no map ${id}`, icon: "map", href: "/maps", all: "All maps",
          }}>
            {({ map }) => <Editor key={map.id} map={map} />}
          </Answer>}
    </div>
  );
}
