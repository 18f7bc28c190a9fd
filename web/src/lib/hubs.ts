// Finds the busy nodes of a graph, without which the rest falls into small pieces, and the edges
// between them and the rest.

import type { Way } from "./nest";
import { parted, type Part } from "./parted";

/** Pieces of at most this many nodes are small enough. */
const small = 20;
/** A busy node has at least so many neighbours. */
const busy = 8;
/** When more than this share of the nodes stays connected, busy nodes do not help. */
const useless = 0.6;

/** An edge between a busy node and another node. */
export interface Tie { hub: number; node: number; way: number; left: boolean }

export interface Hubs {
  /** Busiest first. */
  all: number[];
  /** Busy nodes drawn at the left: edges leave them; the others are entered. */
  left: Set<number>;
  /** The pieces of the rest. */
  parts: Part[];
  /** Edges to busy nodes, for each piece. */
  ties: Tie[][];
  /** The edges between two busy nodes. */
  among: number[];
}

/** The nodes with most neighbours, removed one by one until the rest falls apart. */
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

/** Nodes that more edges leave than enter. */
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

/** Undefined when no node is busy, or most of the graph stays connected without the busy ones. */
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
