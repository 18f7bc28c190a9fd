// The hottest lines and instructions of a program, sampled while this is open.

import { useState } from "preact/hooks";
import { HotSpots, type HotSpotsData } from "@gen/queries";
import type { Fields } from "../lib/export";
import { count, percent } from "../lib/format";
import { useSubscription } from "../lib/hooks";
import { Card, Figure, Figures } from "../parts/bits";
import { Save } from "../parts/save";
import { Empty, Failure, Loading } from "../parts/states";

type Spots = HotSpotsData["hotSpots"];

const shown = 40;

interface Row { key: string; where: string; text: string; samples: number }

function Rows({ rows, all }: { rows: Row[]; all: number }) {
  return (
    <div class="hot">
      {rows.slice(0, shown).map((row) => (
        <div class="hot-row" key={row.key} title={`${count(row.samples)} samples`}>
          <span class="share-bar"
            style={{ width: `${(row.samples / (rows[0]?.samples || 1)) * 100}%` }} />
          <span class="n">{percent(row.samples / all)}</span>
          <span class="where">{row.where}</span>
          <span class="text">{row.text}</span>
        </div>
      ))}
    </div>
  );
}

const lineFields: Fields<Spots["lines"][number]> = [
  ["file", (row) => row.file], ["line", (row) => row.line], ["samples", (row) => row.samples],
  ["text", (row) => row.text],
];
const instructionFields: Fields<Spots["instructions"][number]> = [
  ["function", (row) => row.function], ["offset", (row) => row.offset],
  ["samples", (row) => row.samples], ["text", (row) => row.text],
];

function Found({ id, spots }: { id: number; spots: Spots }) {
  const { lines, instructions, samples, total } = spots;
  if (spots.error) {
    return <Empty title="Nothing can be sampled" icon="alert"><p>{spots.error}</p></Empty>;
  }
  return (
    <>
      <Figures>
        <Figure label="Samples in this program" value={count(samples)} />
        <Figure label="Samples of all CPUs" value={count(total)} />
        <Figure label="Share" value={percent(total ? samples / total : null)} />
      </Figures>
      {samples === 0
        ? <Empty title="No sample fell in it yet" icon="exports">
            <p>The program runs too rarely or too briefly. This page goes on sampling.</p>
          </Empty>
        : <div class="cards">
            {lines.length > 0 && (
              <Card title="Lines" bare
                end={<Save name={`prog_${id}_hot_lines`} rows={lines} fields={lineFields}
                  noun="lines" />}>
                <Rows all={samples} rows={lines.map((line) => ({
                  key: `${line.file}:${line.line}`, samples: line.samples, text: line.text.trim(),
                  where: `${line.file.split("/").pop()}:${line.line}`,
                }))} />
              </Card>
            )}
            <Card title="Instructions" bare
              end={<Save name={`prog_${id}_hot`} rows={instructions} fields={instructionFields}
                noun="instructions" />}>
              <Rows all={samples} rows={instructions.map((one) => ({
                key: `${one.function} ${one.offset}`, samples: one.samples, text: one.text,
                where: `${one.function}+0x${one.offset.toString(16)}`,
              }))} />
            </Card>
          </div>}
    </>
  );
}

export function Hot({ id }: { id: number }) {
  const [spots, setSpots] = useState<Spots | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  useSubscription(HotSpots, { id }, (data) => setSpots(data.hotSpots),
    { failed: (problem) => setError(problem.message) });
  if (error) return <Failure message={error} />;
  return spots ? <Found id={id} spots={spots} /> : <Loading />;
}
