// Lays out a control-flow graph by its nesting: a block, below it in layers the blocks nested in
// it, and beside those the lanes of edges that pass them. Takes time proportional to the number of
// blocks.

import type { Box, Layout, Point } from "./layout";
import { nested, type Nest, type Way } from "./nest";

interface Size { width: number; height: number }

/** A lane beside the layers of a block, one for each target of the edges through it. */
interface Lane { of: number; left: boolean; number: number }
/** A turn of an edge into a lane below a layer of a block; -1 is the block itself. */
interface Turn { lane: Lane; below: number; layer: number }

/** A block with all nested blocks, around its axis; its width with and without lanes. */
interface Frame { left: number; right: number; outerLeft: number; outerRight: number;
  height: number; layers: (Size & { blocks: number[] })[] }

const gap = 44;
const beside = 26;
const laneWidth = 12;
/** The distance from the middle at which two edges leave a block, and above a block at which one
 *  turns to it. */
const apart = 16;
const arrival = 14;

const frameOf = (nest: Nest, block: number): number =>
  nest.parent[block]! < 0 ? nest.parent.length : nest.parent[block]!;

/** The lanes used so far. */
class Lanes {
  private readonly known = new Map<string, Lane>();
  private readonly counts = new Map<string, number>();

  get(of: number, left: boolean, to: number): Lane {
    const key = `${of} ${left} ${to}`;
    const lane = this.known.get(key) ?? { of, left, number: this.count(of, left) };
    if (!this.known.has(key)) this.counts.set(`${of} ${left}`, lane.number + 1);
    this.known.set(key, lane);
    return lane;
  }

  count(of: number, left: boolean): number { return this.counts.get(`${of} ${left}`) ?? 0; }
}

/** The turns of an edge: down from its block, out of the enclosing blocks, past the blocks in
 *  between, and for a loop up again. */
function route(nest: Nest, lanes: Lanes, { from, to }: Way): Turn[] {
  const end = frameOf(nest, to);
  const aim = nest.layer[to]!;
  const turns: Turn[] = [];
  let at = from; // in this frame, below this layer
  let layer = -1;
  for (;;) {
    if (at === end && aim === layer + 1) return turns;
    if (at === end || at === to || layer < nest.layers[at]!.length - 1) {
      const [below, under] = [at, layer];
      // With nothing beside it, the lane moves outwards.
      while (at !== to && at !== end) {
        const outer = frameOf(nest, at);
        if (nest.layers[outer]![nest.layer[at]!]!.length > 1) break;
        if (outer === end && aim === nest.layer[at]! + 1) break;
        layer = nest.layer[at]!;
        at = outer;
      }
      const left = at === to || (at === end && aim <= layer);
      turns.push({ lane: lanes.get(at, left, to), below, layer: under });
      if (at === to || at === end) return turns;
    }
    layer = nest.layer[at]!;
    at = frameOf(nest, at);
  }
}

const sum = (list: number[]): number => list.reduce((all, one) => all + one, 0);

/** The frame of a block, made from the frames of the nested blocks. */
function framed(layers: number[][], size: Size, frames: Frame[], lanes: [number, number]): Frame {
  const rows = layers.map((blocks) => {
    const list = blocks.map((block) => frames[block]!);
    const width = sum(list.map((one) => one.outerLeft + one.outerRight));
    return {
      blocks, width: width + beside * (list.length - 1),
      height: Math.max(...list.map(({ height }) => height)),
      left: list.length === 1 ? list[0]!.outerLeft : undefined,
    };
  });
  const lefts = rows.map((row) => row.left ?? row.width / 2);
  const left = Math.max(size.width / 2, ...lefts);
  const right = Math.max(size.width / 2, ...rows.map((row, at) => row.width - lefts[at]!));
  const outer = (count: number) => (count ? laneWidth * (count + 0.5) : 0);
  return {
    left, right, outerLeft: left + outer(lanes[0]), outerRight: right + outer(lanes[1]),
    height: size.height + sum(rows.map(({ height }) => height + gap)), layers: rows,
  };
}

interface Placed { axis: number; top: number; tops: number[]; bottoms: number[] }

/** Places a frame's layers and their blocks. */
function place(frame: Frame, axis: number, top: number, height: number, frames: Frame[],
  put: (block: number, axis: number, top: number) => void): Placed {
  const tops: number[] = [];
  const bottoms: number[] = [];
  let y = top + height;
  for (const { blocks, width, height: high } of frame.layers) {
    y += gap;
    let x = axis - (blocks.length === 1 ? frames[blocks[0]!]!.outerLeft : width / 2);
    for (const block of blocks) {
      const { outerLeft, outerRight } = frames[block]!;
      put(block, x + outerLeft, y);
      x += outerLeft + outerRight + beside;
    }
    tops.push(y);
    y += high;
    bottoms.push(y);
  }
  return { axis, top, tops, bottoms };
}

/** Removes points that are no corners. */
const straight = (points: Point[]): Point[] => points.filter(({ x, y }, at) => {
  const [before, after] = [points[at - 1], points[at + 1]];
  if (!before || !after) return true;
  return !((before.x === x && after.x === x) || (before.y === y && after.y === y));
});

export function layFlow(sizes: readonly Size[], ways: readonly Way[]): Layout {
  const count = sizes.length;
  const nest = nested(count, ways);
  const lanes = new Lanes();
  const routes = ways.map((way) => route(nest, lanes, way));
  const frames: Frame[] = [];
  const size = (block: number) => sizes[block] ?? { width: 0, height: -gap };
  for (const block of [...nest.order].reverse().concat(count)) {
    frames[block] = framed(nest.layers[block]!, size(block), frames,
      [lanes.count(block, true), lanes.count(block, false)]);
  }
  const placed: Placed[] = [];
  const put = (block: number, axis: number, top: number) => {
    placed[block] = { axis, top, tops: [], bottoms: [] };
  };
  put(count, frames[count]!.outerLeft, 0);
  for (const block of [count, ...nest.order]) {
    const { axis, top } = placed[block]!;
    placed[block] = place(frames[block]!, axis, top, size(block).height, frames, put);
  }
  const bottomOf = (block: number) => placed[block]!.top + size(block).height;
  const laneAt = ({ of, left, number }: Lane): number => {
    const { axis } = placed[of]!;
    const far = laneWidth * (number + 1);
    return left ? axis - frames[of]!.left - far : axis + frames[of]!.right + far;
  };
  const leaving = new Map<number, Way[]>();
  for (const way of ways) leaving.set(way.from, [...(leaving.get(way.from) ?? []), way]);
  const draw = (way: Way, at: number): Point[] => {
    const group = leaving.get(way.from)!;
    const second = group.indexOf(way);
    const start = placed[way.from]!.axis +
      (group.length > 1 ? (second ? apart : -apart) : 0);
    const points: Point[] = [{ x: start, y: bottomOf(way.from) }];
    let x = start;
    for (const { lane, below, layer } of routes[at]!) {
      const bottom = layer < 0 ? bottomOf(below) : placed[below]!.bottoms[layer]!;
      const y = bottom + 8 + 5 * (lane.number % 4);
      points.push({ x, y });
      x = laneAt(lane);
      points.push({ x, y });
    }
    const { axis, top } = placed[way.to]!;
    points.push({ x, y: top - arrival }, { x: axis, y: top - arrival }, { x: axis, y: top });
    return straight(points);
  };
  const { outerLeft, outerRight, height } = frames[count]!;
  const nodes = sizes.map((one, block): [string, Box] => {
    const { axis, top } = placed[block]!;
    return [String(block), { x: axis, y: top + one.height / 2, ...one }];
  });
  return {
    width: outerLeft + outerRight, height, nodes: new Map(nodes),
    edges: ways.map((way, at) => (
      { from: String(way.from), to: String(way.to), points: draw(way, at) })),
  };
}
