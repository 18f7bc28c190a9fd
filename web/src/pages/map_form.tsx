// An entry as a form: one input per field, per CPU when CPUs have their own values; below, the
// bytes that will be written.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Json } from "@gen/queries";
import type { MapInfo } from "./map";
import { toBytes, type Format } from "../lib/bytes";
import {
  inputOf, marked, refusalOf, type Field, type Part, type Refusal, type Typed,
} from "../lib/typed";
import { preview, type Written } from "../lib/writes";
import { Choice } from "../parts/bits";
import { useGone } from "../parts/gone";

export interface FormState {
  as: "fields" | "bytes";
  key: Typed;
  /** The typed texts for each CPU; for a map with one value, only the first. */
  values: readonly Typed[];
  /** true: the same value for every CPU. */
  alike: boolean;
  raw: { key: string; keyFormat: Format; value: string; valueFormat: Format };
}

/** The previous entry: the key's bytes, and each CPU's cells by field name. */
export interface Before { key: string; cells: Typed[] }

/** Takes a function of the current form: two fields may change before the next render. */
type SetForm = (change: (form: FormState) => FormState) => void;

export const emptyForm = (map: MapInfo, cpus: number): FormState => ({
  as: "fields", key: {}, values: Array.from({ length: cpus }, () => ({})), alike: true,
  raw: { key: "", keyFormat: (map.keySize ?? 0) <= 8 ? "NUMBER" : "STRING", value: "",
    valueFormat: (map.valueSize ?? 0) <= 8 ? "NUMBER" : "HEX" },
});

export interface Input { key: Json; value: Json }

function rawInput(map: MapInfo, form: FormState, before: Before | undefined): Input {
  const { raw } = form;
  const hex = (part: Part, text: string, format: Format, size: number) => {
    try {
      return { hex: toBytes(text, format, size) };
    } catch (error) {
      throw new Error(`${part}: ${(error as Error).message}`);
    }
  };
  return {
    key: !map.keySize ? null : before ? { hex: before.key }
      : hex("key", raw.key, raw.keyFormat, map.keySize),
    value: hex("value", raw.value, raw.valueFormat, map.valueSize ?? 0),
  };
}

/** The input for the server; throws when the form has nothing to send. */
export function inputFrom(map: MapInfo, form: FormState, before: Before | undefined): Input {
  if (form.as === "bytes") return rawInput(map, form, before);
  const { key, value } = map.decoder;
  const one = (typed: Typed) => inputOf(typed, value);
  return {
    key: !map.keySize ? null : before ? { hex: before.key } : inputOf(form.key, key),
    value: !map.isPerCPU ? one(form.values[0]!)
      : form.values.map((typed) => one(form.alike && !before ? form.values[0]! : typed)),
  };
}

/** The bytes that would be written, or the error; fresh: they belong to the current form. */
export interface Preview {
  written?: Written | undefined; refusal?: Refusal | undefined; fresh: boolean;
}

const soon = 120;

/** Requests the preview shortly after the last key. */
export function usePreview(map: MapInfo, form: FormState, before: Before | undefined): Preview {
  const [found, setFound] = useState<Omit<Preview, "fresh"> & { of?: FormState }>({});
  const round = useRef(0);
  useEffect(() => {
    const mine = ++round.current;
    const timer = setTimeout(async () => {
      const next = await asked(map, form, before);
      if (mine === round.current) setFound({ ...next, of: form });
    }, soon);
    return () => clearTimeout(timer);
  }, [map, form, before]);
  return { written: found.written, refusal: found.refusal, fresh: found.of === form };
}

async function asked(
  map: MapInfo, form: FormState, before: Before | undefined,
): Promise<Omit<Preview, "fresh">> {
  const refuse = (text: string) => ({ refusal: refusalOf(text, map.decoder) });
  try {
    const written = await preview({ id: map.id, ...inputFrom(map, form, before) });
    return written.error ? refuse(written.error) : { written };
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function FieldInput({ field, label, typed, now, change, refusal }: {
  field: Field; label: string; typed: string | undefined; now: string | undefined;
  change: (text: string) => void; refusal: Refusal | undefined;
}) {
  const value = typed ?? now ?? "";
  const common = {
    "aria-label": label, "aria-invalid": refusal !== undefined,
    class: `mono${typed !== undefined && typed !== (now ?? "") ? " touched" : ""}`,
  };
  return (
    <>
      {field.type === "bool"
        ? <select {...common} value={value || "false"}
            onChange={(event) => change(event.currentTarget.value)}>
            <option value="false">no</option><option value="true">yes</option>
          </select>
        : <input {...common} value={value} spellcheck={false} autocomplete="off"
            placeholder={field.type === "cstring" ? "" : "0"}
            onInput={(event) => change(event.currentTarget.value)} />}
      {refusal && <span class="bad" role="alert">{refusal.text}</span>}
    </>
  );
}

interface PartProps {
  part: Part; fields: readonly Field[]; refusal: Refusal | undefined;
  /** One per column: its title, the typed texts and the current ones. */
  columns: { title: string; typed: Typed; now: Typed | undefined; cpu?: number }[];
  change: (column: number, name: string, text: string) => void;
}

/** The fields of the key or value, one a line; one column, or one per CPU. */
function Fields({ part, fields, refusal, columns, change }: PartProps) {
  const mine = refusal?.part === part ? refusal : undefined;
  const whole = mine && mine.field === undefined ? mine : undefined;
  return (
    <fieldset class="typed" style={{ "--columns": columns.length }}>
      <legend>{part === "key" ? "Key" : "Value"}</legend>
      {columns.length > 1 && (
        <div class="line"><span />
          {columns.map(({ title }) => <span key={title} class="dim">{title}</span>)}
        </div>
      )}
      {fields.map((field) => (
        <div class="line" key={field.name}>
          <span class="what"><span class="mono">{field.name}</span>{" "}
            <span class="dim">{field.type}{field.unit ? `, ${field.unit}` : ""}</span></span>
          {columns.map(({ title, typed, now, cpu }, at) => (
            <span class="cell" key={title}>
              <FieldInput field={field} typed={typed[field.name]} now={now?.[field.name]}
                label={`${part} ${field.name}${columns.length > 1 ? `, ${title}` : ""}`}
                change={(text) => change(at, field.name, text)}
                refusal={mine?.field === field.name && (cpu ?? mine.cpu) === mine.cpu
                  ? mine : undefined} />
            </span>
          ))}
        </div>
      ))}
      {whole && <span class="bad" role="alert">{whole.text}</span>}
    </fieldset>
  );
}

const formats = [["NUMBER", "number"], ["STRING", "text"], ["HEX", "hex"]] as const;

function RawField({ part, size, text, format, change, refusal }: {
  part: Part; size: number; text: string; format: Format;
  change: (text: string, format: Format) => void; refusal: Refusal | undefined;
}) {
  const label = `${part === "key" ? "Key" : "Value"}, ${size} bytes`;
  return (
    <div class="field">
      <label class="field"><span>{label}</span>
        <input class="mono" value={text} spellcheck={false} autocomplete="off"
          onInput={(event) => change(event.currentTarget.value, format)} /></label>
      <div class="spread">
        <Choice label={`Format of the ${part}`} words={formats} chosen={format}
          choose={(word) => change(text, word)} />
        {refusal?.part === part && <span class="bad" role="alert">{refusal.text}</span>}
      </div>
    </div>
  );
}

const Bytes = ({ hex, before }: { hex: string; before?: string | undefined }) => (
  <code class="bytes">{marked(hex, before).map(({ byte, moved }, at) =>
    moved ? <b key={at}>{byte}</b> : <span key={at}>{byte}</span>)}</code>
);

/** The bytes to be written; bytes that differ from the current ones are marked. */
function Outcome({ written, map }: { written: Written; map: MapInfo }) {
  const { key, values, before } = written;
  return (
    <dl class="facts outcome" aria-label="The bytes to be written">
      {key && <><dt>key</dt><dd><Bytes hex={key} /></dd></>}
      {values.map((value, cpu) => [
        <dt key={cpu}>{map.isPerCPU ? `CPU ${cpu}` : "value"}</dt>,
        <dd key={`${cpu} is`}><Bytes hex={value} before={before?.[cpu]} /></dd>,
      ])}
      {before && !map.isPerCPU && (
        <><dt>now</dt><dd class="dim"><Bytes hex={before[0]!} /></dd></>
      )}
    </dl>
  );
}

/** Text to bytes in a format that the reader chooses, whatever the decoder. */
function RawFields({ map, form, set, before, refusal }: {
  map: MapInfo; form: FormState; set: SetForm; before: Before | undefined;
  refusal: Refusal | undefined;
}) {
  const { raw } = form;
  return (
    <>
      {!before && map.keySize ? (
        <RawField part="key" size={map.keySize} text={raw.key} format={raw.keyFormat}
          refusal={refusal} change={(key, keyFormat) =>
            set((old) => ({ ...old, raw: { ...old.raw, key, keyFormat } }))} />
      ) : null}
      <RawField part="value" size={map.valueSize ?? 0} text={raw.value} format={raw.valueFormat}
        refusal={refusal} change={(value, valueFormat) =>
          set((old) => ({ ...old, raw: { ...old.raw, value, valueFormat } }))} />
      {map.isPerCPU && <p class="dim">Every CPU gets these bytes.</p>}
    </>
  );
}

function TypedFields({ map, form, set, before, refusal }: {
  map: MapInfo; form: FormState; set: SetForm; before: Before | undefined;
  refusal: Refusal | undefined;
}) {
  const { key, value } = map.decoder;
  const each = map.isPerCPU && (before !== undefined || !form.alike);
  const columns = each
    ? form.values.map((typed, cpu) =>
      ({ title: `CPU ${cpu}`, typed, now: before?.cells[cpu], cpu }))
    : [{ title: "value", typed: form.values[0]!, now: before?.cells[0] }];
  const put = (typed: Typed, name: string, text: string): Typed => ({ ...typed, [name]: text });
  return (
    <>
      {!before && key.length > 0 && map.keySize ? (
        <Fields part="key" fields={key} refusal={refusal}
          columns={[{ title: "key", typed: form.key, now: undefined }]}
          change={(_, name, text) =>
            set((old) => ({ ...old, key: put(old.key, name, text) }))} />
      ) : null}
      <Fields part="value" fields={value} refusal={refusal} columns={columns}
        change={(at, name, text) => set((old) => ({ ...old, values: old.values.map((typed, n) =>
          n === at ? put(typed, name, text) : typed) }))} />
      {map.isPerCPU && !before && (
        <label class="check">
          <input type="checkbox" checked={form.alike}
            onChange={({ currentTarget: { checked } }) =>
              set((old) => ({ ...old, alike: checked }))} />
          the same on every CPU
        </label>
      )}
    </>
  );
}

const sides = [["fields", "Fields"], ["bytes", "Bytes"]] as const;

export function EntryForm({ map, form, set, before, found }: {
  map: MapInfo; form: FormState; set: SetForm; before: Before | undefined;
  found: Preview;
}) {
  const { written, refusal } = found;
  const Shown = form.as === "fields" ? TypedFields : RawFields;
  const gone = useGone(refusal?.text);
  return (
    <>
      <Choice label="Typed by" words={sides} chosen={form.as}
        choose={(as) => set((old) => ({ ...old, as }))} />
      <Shown map={map} form={form} set={set} before={before} refusal={refusal} />
      {refusal && !refusal.part && !gone && <span class="bad" role="alert">{refusal.text}</span>}
      {written && <Outcome written={written} map={map} />}
    </>
  );
}
