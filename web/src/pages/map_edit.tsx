// Looking at one entry closely, and changing it: the bytes are shown before they are written, and
// the last write can be taken back.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import {
  CreateValue, DeleteValues, MapEntryText, UpdateValue,
} from "@gen/queries";
import type { MapInfo } from "./map";
import { run } from "../lib/api";
import { toBytes, type Format } from "../lib/bytes";
import type { EntryColumn, EntryRow } from "../lib/entries";
import { spaced } from "../lib/format";
import { useQuery } from "../lib/hooks";
import { start } from "../lib/store";
import { Copy, Pick } from "../parts/bits";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { Answer, Failure } from "../parts/states";
import { cellView } from "./map_entries";

const formats = [["NUMBER", "number"], ["STRING", "string"], ["HEX", "hex"]] as const;

interface Undo { mapId: number; what: string; back: () => Promise<string | null> }
const undo = signal<Undo | undefined>(undefined);

const update = (id: number, key: string, cpu: number | null, value: string) =>
  run(UpdateValue, { id, key, cpu, value, keyFormat: "HEX", valueFormat: "HEX" })
    .then(({ data }) => data.updateMapValue.error);

const create = (id: number, key: string, values: string[]) =>
  run(CreateValue, { id, key, values, keyFormat: "HEX", valueFormat: "HEX" })
    .then(({ data }) => data.createMapValue.error);

const remove = (id: number, key: string) =>
  run(DeleteValues, { id, keys: [key], keyFormat: "HEX" })
    .then(({ data }) => data.deleteMapValues.error);

/** Runs a write and tells what went wrong with it, in words. */
function useWrite(done: () => void) {
  const [error, setError] = useState<string | undefined>(undefined);
  const write = async (work: () => Promise<string | null>, back?: Undo) => {
    try {
      const problem = await work();
      setError(problem ?? undefined);
      if (problem) return;
      undo.value = back;
      done();
    } catch (problem) {
      setError((problem as Error).message);
    }
  };
  return { error, write };
}

export function UndoBar({ mapId }: { mapId: number }) {
  const last = undo.value;
  const { error, write } = useWrite(() => {});
  if (!last || last.mapId !== mapId) return null;
  return (
    <div class="notice" role="status">
      {last.what}
      <button class="plain" onClick={() => void write(last.back)}><Icon name="undo" />Undo</button>
      <button class="plain" onClick={() => { undo.value = undefined; }}>Dismiss</button>
      {error && <span class="bad">{error}</span>}
    </div>
  );
}

/** Text in a format, with the bytes that it comes to. */
function BytesField({ label, text, setText, format, setFormat, size }: {
  label: string; text: string; setText: (text: string) => void;
  format: Format; setFormat: (format: Format) => void; size: number;
}) {
  const { bytes, problem } = attempt(text, format, size);
  return (
    <div class="field">
      <label class="field"><span>{label}, {size} bytes</span>
        <input class="mono" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <div class="spread">
        <Pick label="as" value={format} options={formats} choose={(value) => setFormat(value as Format)} />
        {problem ? <span class="bad">{problem}</span>
          : <code title="The bytes to be written">{spaced(bytes!)}</code>}
      </div>
    </div>
  );
}

function attempt(text: string, format: Format, size: number): { bytes?: string; problem?: string } {
  try {
    return { bytes: toBytes(text, format, size) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function ValueEditor({ map, row, before, close }: {
  map: MapInfo; row: EntryRow; before: string[]; close: () => void;
}) {
  const size = map.valueSize ?? 0;
  const [cpu, setCpu] = useState(0);
  const [format, setFormat] = useState<Format>(size <= 8 ? "NUMBER" : "HEX");
  const [text, setText] = useState("");
  const { error, write } = useWrite(close);
  const { bytes } = attempt(text, format, size);
  const at = map.isPerCPU ? cpu : null;
  const old = before[at ?? 0] ?? "";
  const save = () => write(() => update(map.id, row.key, at, bytes!), {
    mapId: map.id, what: "The value was written.", back: () => update(map.id, row.key, at, old),
  });
  const erase = () => write(() => remove(map.id, row.key), {
    mapId: map.id, what: "The entry was deleted.", back: () => create(map.id, row.key, before),
  });
  return (
    <>
      {map.isPerCPU && (
        <Pick label="CPU" value={String(cpu)} choose={(value) => setCpu(Number(value))}
          options={before.map((_, n) => [String(n), String(n)] as const)} />
      )}
      <BytesField label="New value" size={size} {...{ text, setText, format, setFormat }} />
      <p class="dim">Now <code>{spaced(old)}</code></p>
      {error && <Failure message={error} />}
      <div class="gap">
        <button class="primary" disabled={!bytes} onClick={() => void save()}>Write</button>
        {!/array/i.test(map.kernelType) && (
          <button class="danger" onClick={() => void erase()}><Icon name="trash" />Delete entry</button>
        )}
      </div>
    </>
  );
}

export function EntryDialog({ map, row, columns, close }: {
  map: MapInfo; row: EntryRow; columns: readonly EntryColumn[]; close: () => void;
}) {
  const result = useQuery(MapEntryText, { id: map.id, key: row.key });
  const entry = result.data?.map.entry;
  const values = entry ? (entry.value !== null ? [entry.value] : entry.cpuValues) : [];
  const inner = map.innerMaps.find(({ key }) => key === row.key);
  return (
    <Dialog title="Entry" close={close} footer={
      <Copy label="Copy as JSON" text={() => JSON.stringify(
        Object.fromEntries(columns.map((column, at) => [column.name, row.cells[at]])), null, 2)} />
    }>
      <dl class="facts">
        {columns.map((column, at) => [
          <dt key={column.name} title={column.type}>{column.name}</dt>,
          <dd key={`${column.name} is`} class="mono">{cellView(row.cells[at], column)}</dd>,
        ])}
        <dt>key bytes</dt><dd class="mono">{spaced(row.key)}</dd>
        {values.map((value, cpu) => [
          <dt key={cpu}>{values.length > 1 ? `CPU ${cpu} bytes` : "value bytes"}</dt>,
          <dd key={`${cpu} is`} class="mono">{spaced(value)}</dd>,
        ])}
        {inner && <><dt>holds</dt><dd><a href={`/maps/${inner.map.id}`}>{inner.map.name || `map ${inner.map.id}`}</a></dd></>}
      </dl>
      {start.value?.health.canWrite && !map.frozen && (
        <Answer result={result} lines={2}>
          {(data) => data.map.entry
            ? <ValueEditor map={map} row={row} before={values} close={close} />
            : <p class="dim">The entry is gone.</p>}
        </Answer>
      )}
    </Dialog>
  );
}

export function NewEntry({ map, close }: { map: MapInfo; close: () => void }) {
  const keySize = map.keySize ?? 0;
  const valueSize = map.valueSize ?? 0;
  const cpus = map.isPerCPU ? start.value?.host.possibleCpus ?? 1 : 1;
  const [key, setKey] = useState("");
  const [keyFormat, setKeyFormat] = useState<Format>(keySize <= 8 ? "NUMBER" : "STRING");
  const [value, setValue] = useState("");
  const [valueFormat, setValueFormat] = useState<Format>(valueSize <= 8 ? "NUMBER" : "HEX");
  const { error, write } = useWrite(close);
  const keyBytes = attempt(key, keyFormat, keySize).bytes;
  const valueBytes = attempt(value, valueFormat, valueSize).bytes;
  const save = () => write(
    () => create(map.id, keyBytes!, Array.from({ length: cpus }, () => valueBytes!)),
    { mapId: map.id, what: "The entry was added.", back: () => remove(map.id, keyBytes!) });
  return (
    <Dialog title="Add an entry" close={close} footer={
      <button class="primary" disabled={!keyBytes || !valueBytes} onClick={() => void save()}>Add</button>
    }>
      <BytesField label="Key" text={key} setText={setKey} format={keyFormat}
        setFormat={setKeyFormat} size={keySize} />
      <BytesField label={cpus > 1 ? "Value of each CPU" : "Value"} text={value} setText={setValue}
        format={valueFormat} setFormat={setValueFormat} size={valueSize} />
      {error && <Failure message={error} />}
    </Dialog>
  );
}
