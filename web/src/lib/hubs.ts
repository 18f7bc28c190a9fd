// The busy nodes of a graph, on which so much hangs that the rest falls apart without them, and
// what ties the rest to them.

import type { Way } from "./nest";
import { parted, type Part } from "./parted";

/** What falls apart into pieces of so many nodes has fallen apart enough. */
const small = 20;
/** A busy node is joined to so many, at least. */
const busy = 8;
/** When more than this share of the nodes still hangs together, it was of no use. */
const useless = 0.6;

/** A way between a busy node and another one. */
export interface Tie { hub: number; node: number; way: number; left: boolean }

export interface Hubs {
  /** The busiest first. */
  all: number[];
  /** Those that ways leave, to be drawn left of the rest; the others are entered. */
  left: Set<number>;
  /** What is left of the graph. */
  parts: Part[];
  /** For each part. */
  ties: Tie[][];
  /** The ways between two busy nodes. */
  among: number[];
}

/** The nodes that are joined to most others, taken out one by one until the rest falls apart. */
function busiest(count: number, ways: readonly Way[]): number[] | undefined {
  const beside = Array.from({ length: count }, () => new Set<number>());
  for (const { from, to } of ways) {
    beside[from]!.add(to);
    beside[to]!.add(from);
  }
  const rest = new Set(beside.keys());
  const hubs: number[] = [];
  for (;;) {
    const largest = Math.max(0, ...parted([...rest], ways).map(({ nodes }) => nodes.length));
    const next = [...rest].reduce((a, b) => (beside[b]!.size > beside[a]!.size ? b : a));
    if (largest <= small || beside[next]!.size < busy) {
      return hubs.length && largest <= count * useless ? hubs : undefined;
    }
    hubs.push(next);
    rest.delete(next);
    for (const other of beside[next]!) beside[other]!.delete(next);
  }
}

/** Nodes that more ways leave than enter. */
function leaning(hubs: readonly number[], ways: readonly Way[]): Set<number> {
  const lean = new Map(hubs.map((hub) => [hub, 0]));
  const add = (node: number, by: number) => {
    if (lean.has(node)) lean.set(node, lean.get(node)! + by);
  };
  for (const { from, to } of ways) {
    add(from, 1);
    add(to, -1);
  }
  return new Set(hubs.filter((hub) => lean.get(hub)! >= 0));
}

/** Undefined where nothing is busy, or most hangs together without what is. */
export function hubsOf(count: number, ways: readonly Way[]): Hubs | undefined {
  const all = busiest(count, ways);
  if (!all) return undefined;
  const isHub = new Set(all);
  const left = leaning(all, ways);
  const rest = Array.from({ length: count }, (_, node) => node).filter((node) => !isHub.has(node));
  const parts = parted(rest, ways);
  const partOf = new Map(parts.flatMap(({ nodes }, at) => nodes.map((node) => [node, at])));
  const ties = parts.map((): Tie[] => []);
  const among: number[] = [];
  ways.forEach(({ from, to }, way) => {
    if (isHub.has(from) && isHub.has(to)) among.push(way);
    else if (isHub.has(from) || isHub.has(to)) {
      const [hub, node] = isHub.has(from) ? [from, to] : [to, from];
      ties[partOf.get(node)!]!.push({ hub, node, way, left: left.has(hub) });
    }
  });
  return { all, left, parts, ties, among };
}
