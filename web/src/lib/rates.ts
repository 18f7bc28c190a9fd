// Current costs of programs and a short history of them, measured while a component shows them.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Histories, Rates, type RatesData } from "@gen/queries";
import { connection, run, subscribe } from "./api";
import { visible } from "./hooks";
import { programs } from "./store";

export type Rate = RatesData["programRates"][number];

/** The last rate of each program that ran. */
export const rates = signal<ReadonlyMap<number, Rate>>(new Map());
export const trails = new Map<number, { time: number; cpu: number; runs: number }[]>();
/** True once an answer has arrived; when nothing runs, the list is empty. */
export const measured = signal(false);
export const ratesFailed = signal<string | undefined>(undefined);

const trailLength = 300;
/** True once the stored history was requested; reset when the last reader ends. */
let recalled = false;
/** The server's clock minus ours, from its answers. */
let ahead = 0;
/** Times in which nothing ran. The server reports that once, then nothing until a program runs;
 *  the last of them may be continuing. */
const quiet: { from: number; to?: number }[] = [];

/** The server's time, in seconds since 1970. */
export const serverTime = (): number => Date.now() / 1000 + ahead;

export const isQuiet = (): boolean => quiet.length > 0 && quiet.at(-1)!.to === undefined;

function endQuiet(time: number): void {
  if (isQuiet()) quiet.at(-1)!.to = time;
  while (quiet[0]?.to && quiet[0].to < time - trailLength) quiet.shift();
}

/** The recent whole seconds in which nothing ran, in order. */
export function quietSeconds(): number[] {
  const now = serverTime();
  const seconds: number[] = [];
  for (const { from, to = now + 1 } of quiet) {
    const first = Math.round(Math.max(from, now - trailLength));
    for (let time = first; time < Math.round(to); time++) seconds.push(time);
  }
  return seconds;
}

function onRates(list: Rate[]): void {
  if (list.length) {
    const time = Math.max(...list.map((rate) => rate.time));
    ahead = time - Date.now() / 1000;
    endQuiet(time);
  } else if (!isQuiet()) {
    quiet.push({ from: serverTime() });
  }
  measured.value = true;
  if (!recalled && list.length) {
    recalled = true;
    recallHistories(list).catch(() => { /* the curve begins now */ });
  }
  rates.value = new Map(list.map((rate) => [rate.id, rate]));
  for (const { id, time, cpu, runs } of list) {
    const trail = trails.get(id) ?? [];
    trail.push({ time, cpu, runs });
    if (trail.length > trailLength) trail.shift();
    trails.set(id, trail);
  }
  for (const id of trails.keys()) if (!programs.value.has(id)) trails.delete(id);
}

const historiesAtMost = 12;

/** Loads the server's history of the most expensive programs into their trails. */
async function recallHistories(list: Rate[]): Promise<void> {
  const ids = [...list].sort((a, b) => b.cpu - a.cpu).slice(0, historiesAtMost).map(({ id }) => id);
  if (!ids.length) return;
  const { data } = await run(Histories, { ids });
  for (const { id, history } of data.programs) {
    const trail = trails.get(id) ?? [];
    const first = trail[0]?.time ?? Infinity;
    const before = history.filter(({ time }) => time < first - 0.5);
    trails.set(id, [...before, ...trail].slice(-trailLength));
  }
}

let watchers = 0;
let stop: (() => void) | undefined;

function followRates(): void {
  const wanted = watchers > 0 && visible.value;
  if (wanted && !stop) {
    recalled = false;
    stop = subscribe(Rates, {}, (data) => {
      ratesFailed.value = undefined;
      onRates(data.programRates);
    }, (error) => { ratesFailed.value = error.message; });
  } else if (!wanted && stop) {
    stop();
    stop = undefined;
    endQuiet(serverTime());
  }
}
visible.subscribe(followRates);
connection.subscribe((state) => { if (state !== "live") endQuiet(serverTime()); });

/** Keeps rates coming while the component is mounted; a component that reads them is rendered by
 *  each. */
export function useRates(): void {
  useEffect(() => {
    watchers++;
    followRates();
    return () => {
      watchers--;
      setTimeout(followRates, 1000);
    };
  }, []);
}
