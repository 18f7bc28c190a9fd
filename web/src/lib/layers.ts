// Lays out a connected graph in columns: each box as close as possible to the middle of its
// neighbours.

import type { Piece, Point } from "./layout";
import type { Way } from "./nest";
import { ranks, type Ranked } from "./ranks";

export interface Size { width: number; height: number }
/** Room left and right of a node, and so of its column, for lines from elsewhere. */
export interface Room { left: number; right: number }

const between = 56;
const gap = 14;
const lineGap = 7;
const passes = 8;
const portGap = 5;

/** Positions in the given order with at least the given distances, as close as possible to the
 *  wanted ones. */
export function spread(wishes: readonly number[], apart: (at: number) => number): number[] {
  const offsets: number[] = [];
  wishes.forEach((_, at) => offsets.push(at ? offsets[at - 1]! + apart(at) : 0));
  const groups: { sum: number; count: number }[] = [];
  const mean = ({ sum, count }: { sum: number; count: number }) => sum / count;
  wishes.forEach((wish, at) => {
    let group = { sum: wish - offsets[at]!, count: 1 };
    while (groups.length && mean(groups[groups.length - 1]!) > mean(group)) {
      const { sum, count } = groups.pop()!;
      group = { sum: group.sum + sum, count: group.count + count };
    }
    groups.push(group);
  });
  return groups.flatMap((group) => Array.from({ length: group.count }, () => mean(group)))
    .map((start, at) => start + offsets[at]!);
}

/** The vertical position of each stop. */
function heights({ columns, before, after }: Ranked, count: number, high: number): number[] {
  const y: number[] = [];
  const half = (stop: number) => (stop < count ? high / 2 : 0);
  const put = (column: number[], wish: (stop: number, at: number) => number) => {
    const apart = (at: number) => {
      const [above, here] = [column[at - 1]!, column[at]!];
      const boxes = above < count && here < count;
      return half(above) + half(here) + (boxes ? gap : lineGap);
    };
    spread(column.map(wish), apart).forEach((place, at) => { y[column[at]!] = place; });
  };
  for (const column of columns) put(column, () => 0);
  const middle = (stop: number, beside: readonly number[]) => (beside.length
    ? beside.reduce((sum, other) => sum + y[other]!, 0) / beside.length : y[stop]!);
  for (let pass = 0; pass < passes; pass++) {
    const ahead = pass % 2 === 0;
    const last = pass >= passes - 2;
    for (const column of ahead ? columns : [...columns].reverse()) {
      put(column, (stop) => middle(stop, last ? [...before[stop]!, ...after[stop]!]
        : ahead ? before[stop]! : after[stop]!));
    }
  }
  const top = Math.min(...y.map((place, stop) => place - half(stop)));
  return y.map((place) => place - top);
}

/** Where lines begin on a side of a box: side by side, in the order of their targets. */
function ports(beside: number[][], y: number[], count: number, high: number) {
  const places = beside.map((others, stop) => {
    const sorted = [...others].sort((a, b) => y[a]! - y[b]!);
    const step = stop < count ? Math.min(portGap, (high - 12) / Math.max(1, sorted.length - 1)) : 0;
    return new Map(sorted.map((other, at) =>
      [other, y[stop]! + (at - (sorted.length - 1) / 2) * step]));
  });
  return (stop: number, other: number) => places[stop]!.get(other)!;
}

/** The left and right edges of the columns: the boxes without the room beside them. */
function columnsOf(
  { columns }: Ranked, count: number, width: number, room: (node: number) => Room,
) {
  let x = 0;
  return columns.map((column) => {
    const rooms = column.filter((stop) => stop < count).map(room);
    const left = Math.max(0, ...rooms.map((one) => one.left));
    const right = Math.max(0, ...rooms.map((one) => one.right));
    const start = x + left;
    x = start + width + right + between;
    return { start, end: start + width, left, right };
  });
}

const none: Room = { left: 0, right: 0 };

/** Lays out the nodes 0 to count - 1; routes have the indices of the edges. */
export function layers(
  count: number, ways: readonly Way[], { width, height }: Size, room = (_node: number) => none,
): Piece {
  const ranked = ranks(count, ways);
  const y = heights(ranked, count, height);
  const columns = columnsOf(ranked, count, width, room);
  const columnOf = (stop: number) => columns[ranked.rank[stop]!]!;
  const leaves = ports(ranked.after, y, count, height);
  const arrives = ports(ranked.before, y, count, height);
  const line = (from: number, to: number): Point[] => {
    const [a, b] = [columnOf(from), columnOf(to)];
    const start = { x: a.end, y: leaves(from, to) };
    const end = { x: b.start, y: arrives(to, from) };
    return [start, { x: start.x + a.right + between / 4, y: start.y },
      { x: end.x - b.left - between / 4, y: end.y }, end];
  };
  const routes = ranked.routes.map(({ stops, turned }, at) => {
    const points = stops.slice(1).flatMap((to, n) => line(stops[n]!, to));
    return [at, turned ? points.reverse() : points] as const;
  });
  const middles = Array.from({ length: count }, (_, node) =>
    [node, { x: columnOf(node).start + width / 2, y: y[node]! }] as const);
  const last = columns[columns.length - 1]!;
  return {
    width: last.end + last.right,
    height: Math.max(...y.map((place, stop) => place + (stop < count ? height / 2 : 0))),
    middles: new Map(middles), routes: new Map(routes),
  };
}
