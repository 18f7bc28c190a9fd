// Puts nodes into columns so that edges go to the right, and orders each column so that few edges
// cross. An edge that passes a column has a stop there; edges that leave one node far to the right,
// or reach one from far left, share stops.

import { ordered, type Way } from "./nest";

export interface Ranked {
  /** The column of each stop; the nodes' stops come first. */
  rank: number[];
  /** The stops of each column, top to bottom. */
  columns: number[][];
  /** Each stop's neighbours in the columns before and after it. */
  before: number[][];
  after: number[][];
  /** The stops of each edge from left to right, and whether the edge goes to the left. */
  routes: { stops: number[]; turned: boolean }[];
}

const sweeps = 12;

const lists = (count: number): number[][] => Array.from({ length: count }, () => []);

/** The edges from left to right: edges that would close a cycle are turned. */
function forward(count: number, ways: readonly Way[]) {
  const next = lists(count);
  const entered = new Set(ways.map(({ to }) => to));
  for (const { from, to } of ways) next[from]!.push(to);
  const order = ordered(next, [...next.keys()].filter((node) => !entered.has(node)));
  const place: number[] = [];
  order.forEach((node, at) => { place[node] = at; });
  return {
    order, ways: ways.map(({ from, to }) => (place[from]! < place[to]!
      ? { from, to, turned: false } : { from: to, to: from, turned: true })),
  };
}

/** As far left as the predecessors allow; without predecessors, next to the successors. */
function ranked(order: readonly number[], ways: readonly Way[]): number[] {
  const next = lists(order.length);
  const entered = new Set(ways.map(({ to }) => to));
  for (const { from, to } of ways) next[from]!.push(to);
  const rank = order.map(() => 0);
  for (const node of order) {
    for (const to of next[node]!) rank[to] = Math.max(rank[to]!, rank[node]! + 1);
  }
  for (const node of order) {
    if (entered.has(node) || !next[node]!.length) continue;
    rank[node] = Math.min(...next[node]!.map((to) => rank[to]!)) - 1;
  }
  return rank;
}

/** The stops of every edge. */
function routed(count: number, rank: number[], ways: readonly (Way & { turned: boolean })[]) {
  const degree = Array.from({ length: count }, () => 0);
  for (const { from, to } of ways) {
    degree[from]!++;
    degree[to]!++;
  }
  const known = new Map<string, number>();
  const stop = (line: string, at: number): number => {
    const key = `${line} ${at}`;
    const one = known.get(key) ?? rank.push(at) - 1;
    known.set(key, one);
    return one;
  };
  return ways.map(({ from, to, turned }) => {
    const line = degree[from]! >= degree[to]! ? `from ${from}` : `to ${to}`;
    const stops = [from];
    for (let at = rank[from]! + 1; at < rank[to]!; at++) stops.push(stop(line, at));
    return { stops: [...stops, to], turned };
  });
}

/** The number of crossings between two columns: pairs of edges whose ends are in different
 *  orders. */
function crossings(column: readonly number[], after: number[][], place: number[]): number {
  const ends = column.flatMap((stop) =>
    after[stop]!.map((to) => place[to]!).sort((a, b) => a - b));
  const size = Math.max(0, ...ends) + 2;
  const tree = new Int32Array(size + 1);
  let crossed = 0;
  ends.forEach((end, seen) => {
    let notBelow = 0;
    for (let at = end + 1; at > 0; at -= at & -at) notBelow += tree[at]!;
    crossed += seen - notBelow;
    for (let at = end + 1; at <= size; at += at & -at) tree[at]!++;
  });
  return crossed;
}

/** Stops in the order of a walk along their neighbours. */
function met(before: number[][], after: number[][]): number[] {
  const seen = new Set<number>();
  for (const start of before.keys()) {
    const todo = [start];
    while (todo.length) {
      const stop = todo.pop()!;
      if (seen.has(stop)) continue;
      seen.add(stop);
      todo.push(...[...before[stop]!, ...after[stop]!].reverse());
    }
  }
  return [...seen];
}

/** Orders the columns: each by the middle of its stops' neighbours, forwards and backwards. */
function untangled(columns: number[][], before: number[][], after: number[][]): number[][] {
  const place: number[] = [];
  const number = (column: number[]) => column.forEach((stop, at) => { place[stop] = at; });
  columns.forEach(number);
  const sorted = (column: number[], beside: number[][]): number[] => {
    const wish = new Map(column.map((stop) => {
      const near = beside[stop]!;
      const sum = near.reduce((all, other) => all + place[other]!, 0);
      return [stop, near.length ? sum / near.length : place[stop]!];
    }));
    return [...column].sort((a, b) => wish.get(a)! - wish.get(b)!);
  };
  const all = () => columns.reduce((sum, column) => sum + crossings(column, after, place), 0);
  let best = { columns: [...columns], crossed: all() };
  for (let sweep = 0; sweep < sweeps && best.crossed > 0; sweep++) {
    const ahead = sweep % 2 === 0;
    for (let step = 1; step < columns.length; step++) {
      const at = ahead ? step : columns.length - 1 - step;
      columns[at] = sorted(columns[at]!, ahead ? before : after);
      number(columns[at]!);
    }
    const crossed = all();
    if (crossed < best.crossed) best = { columns: [...columns], crossed };
  }
  return best.columns;
}

export function ranks(count: number, given: readonly Way[]): Ranked {
  const { order, ways } = forward(count, given);
  const rank = ranked(order, ways);
  const routes = routed(count, rank, ways);
  const before = lists(rank.length);
  const after = lists(rank.length);
  const joined = new Set<string>();
  for (const { stops } of routes) {
    stops.slice(1).forEach((to, at) => {
      const from = stops[at]!;
      if (joined.has(`${from} ${to}`)) return;
      joined.add(`${from} ${to}`);
      after[from]!.push(to);
      before[to]!.push(from);
    });
  }
  const columns = lists(Math.max(...rank) + 1);
  for (const stop of met(before, after)) columns[rank[stop]!]!.push(stop);
  return { rank, columns: untangled(columns, before, after), before, after, routes };
}
