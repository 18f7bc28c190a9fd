// Draws a graph whose edges mostly lead to a few busy nodes (the agent that loaded all programs,
// maps that all programs share). The busy nodes are at the left and right; without them the rest
// falls into small pieces, which are placed in rows between them. As on a circuit board, each busy
// node has a vertical line beside the rows, and from it a lane above each row it reaches; no line
// crosses a box.

import { hubsOf, type Hubs, type Tie } from "./hubs";
import { layers, type Room, type Size } from "./layers";
import type { Piece, Point } from "./layout";
import type { Way } from "./nest";
import type { Part } from "./parted";

const gap = 14;
const lane = 4;
const rim = 10;
const apart = 44;
const aspect = 1.5;

/** A piece of the rest: its corner, and the busy nodes with lines left and right of its boxes. */
interface Cell extends Point { part: Part; piece: Piece; ties: Tie[];
  lines: { left: number[]; right: number[] } }

/** The depth of each busy node's lane, and the cells below the lanes. */
interface Row { lanes: Map<number, number>; cells: Cell[] }

const roomFor = (lines: number[]) => (lines.length ? rim + lines.length * lane : 0);

const grouped = <Of>(list: readonly Of[], key: (one: Of) => string): Of[][] => {
  const groups = new Map<string, Of[]>();
  for (const one of list) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return [...groups.values()];
};

function cellOf(part: Part, ways: readonly Way[], ties: Tie[], hubs: Hubs, size: Size): Cell {
  const number = new Map(part.nodes.map((node, at) => [node, at]));
  const own = part.ways.map((way) => (
    { from: number.get(ways[way]!.from)!, to: number.get(ways[way]!.to)! }));
  const tied = new Set(ties.map(({ hub }) => hub));
  const lines = {
    left: hubs.all.filter((hub) => tied.has(hub) && hubs.left.has(hub)),
    right: hubs.all.filter((hub) => tied.has(hub) && !hubs.left.has(hub)),
  };
  const sides = new Set(ties.map(({ left, node }) => `${left} ${number.get(node)}`));
  const room = (node: number): Room => ({
    left: sides.has(`true ${node}`) ? roomFor(lines.left) : 0,
    right: sides.has(`false ${node}`) ? roomFor(lines.right) : 0,
  });
  return { part, ties, lines, piece: layers(part.nodes.length, own, size, room), x: 0, y: 0 };
}

/** Fills rows about as wide as a screen, tallest cells first. */
function filled(cells: Cell[], lanes: number): Cell[][] {
  const area = cells.reduce((sum, { piece }) =>
    sum + (piece.width + apart) * (piece.height + apart + lanes * lane), 0);
  const widest = Math.max(...cells.map(({ piece }) => piece.width)) + apart;
  const room = Math.max(1, Math.round(Math.sqrt(area * aspect) / widest)) * widest;
  const rows: Cell[][] = [];
  let x = Infinity;
  for (const cell of cells.sort((a, b) =>
    b.piece.height - a.piece.height || b.piece.width - a.piece.width)) {
    if (x + cell.piece.width > room) {
      rows.push([]);
      x = 0;
    }
    cell.x = x;
    rows[rows.length - 1]!.push(cell);
    x += cell.piece.width + apart;
  }
  return rows;
}

/** Places rows below one another; the first has lanes for busy nodes whose lines cross to the
 *  other side. */
function inRows(cells: Cell[], hubs: Hubs, across: ReadonlySet<number>) {
  let y = 0;
  const rows = filled(cells, hubs.all.length).map((row, at): Row => {
    const tied = new Set(row.flatMap(({ lines }) => [...lines.left, ...lines.right]));
    const used = hubs.all.filter((hub) => tied.has(hub) || (at === 0 && across.has(hub)));
    const lanes = new Map(used.map((hub, n) => [hub, y + n * lane]));
    y += used.length * lane + rim;
    for (const cell of row) cell.y = y;
    y += row[0]!.piece.height + apart / 2;
    return { lanes, cells: row };
  });
  return {
    rows, height: y - apart / 2, width: Math.max(...cells.map(({ x, piece }) => x + piece.width)),
  };
}

/** The drawing: busy nodes with vertical lines, and the cells between them. */
class Board {
  readonly middles = new Map<number, Point>();
  readonly routes = new Map<number, Point[]>();
  readonly width: number;
  /** The height of the column of busy nodes. */
  readonly height: number;
  private readonly lines = new Map<number, number>();
  private readonly start: number;

  constructor(
    private readonly hubs: Hubs, private readonly ways: readonly Way[],
    private readonly size: Size, inside: number,
  ) {
    const left = hubs.all.filter((hub) => hubs.left.has(hub));
    const right = hubs.all.filter((hub) => !hubs.left.has(hub));
    const beside = (list: number[]) => (list.length ? 2 * rim + list.length * lane : 0);
    this.start = left.length ? size.width + beside(left) : 0;
    const end = this.start + inside;
    this.stack(left, 0, size.width);
    this.stack(right, end + beside(right), end);
    this.width = end + beside(right) + (right.length ? size.width : 0);
    this.height = Math.max(left.length, right.length) * (size.height + gap) - gap;
  }

  private stack(list: number[], x: number, line: number): void {
    list.forEach((hub, at) => {
      const y = this.size.height / 2 + at * (this.size.height + gap);
      this.middles.set(hub, { x: x + this.size.width / 2, y });
      this.lines.set(hub, line + rim + at * lane);
    });
  }

  /** Where a busy node's lines begin, and where they turn down. */
  private leave(hub: number): [Point, Point] {
    const { x, y } = this.middles.get(hub)!;
    const side = this.hubs.left.has(hub) ? 1 : -1;
    return [{ x: x + side * this.size.width / 2, y }, { x: this.lines.get(hub)!, y }];
  }

  private put(way: number, from: number, points: Point[]): void {
    this.routes.set(way, this.ways[way]!.from === from ? points : points.reverse());
  }

  cell({ part, piece, lines, ties, x, y }: Cell, lanes: Map<number, number>): void {
    const moved = (point: Point) => ({ x: point.x + this.start + x, y: point.y + y });
    for (const [node, middle] of piece.middles) this.middles.set(part.nodes[node]!, moved(middle));
    for (const [way, points] of piece.routes) {
      this.routes.set(part.ways[way]!, points.map(moved));
    }
    for (const side of grouped(ties, ({ left, node }) => `${left} ${node}`)) {
      const near = side[0]!.left ? lines.left : lines.right;
      side.sort((a, b) => near.indexOf(a.hub) - near.indexOf(b.hub));
      side.forEach((tie, at) =>
        this.tie(tie, near.indexOf(tie.hub), at - (side.length - 1) / 2, side.length, lanes));
    }
  }

  /** From a busy node down, along its lane, down beside the boxes, and to the box. */
  private tie(tie: Tie, line: number, port: number, ports: number, lanes: Map<number, number>) {
    const { x, y } = this.middles.get(tie.node)!;
    const [first, turn] = this.leave(tie.hub);
    const out = tie.left ? -1 : 1;
    const side = x + out * this.size.width / 2;
    const down = side + out * (rim + line * lane);
    const above = lanes.get(tie.hub)!;
    const to = y + port * Math.min(lane, (this.size.height - rim) / Math.max(1, ports - 1));
    this.put(tie.way, tie.hub, [first, turn, { x: turn.x, y: above }, { x: down, y: above },
      { x: down, y: to }, { x: side, y: to }]);
  }

  /** From a busy node to another one: on the same side, or across above the first row. */
  across(way: number, lanes: Map<number, number>): void {
    const { from, to } = this.ways[way]!;
    const [a, b] = this.hubs.left.has(from) ? [from, to] : [to, from];
    const [first, turn] = this.leave(a);
    const [last, back] = this.leave(b);
    const above = lanes.get(a)!;
    this.put(way, a, this.hubs.left.has(a) === this.hubs.left.has(b)
      ? [first, turn, { x: turn.x, y: last.y }, last]
      : [first, turn, { x: turn.x, y: above }, { x: back.x, y: above }, back, last]);
  }
}

/** Draws the nodes 0 to count - 1; undefined when no node is busy. */
export function buses(count: number, ways: readonly Way[], size: Size): Piece | undefined {
  const hubs = hubsOf(count, ways);
  if (!hubs) return undefined;
  const cells = hubs.parts.map((part, at) => cellOf(part, ways, hubs.ties[at]!, hubs, size));
  const across = new Set(hubs.among.map((way) => ways[way]!)
    .map(({ from, to }) => (hubs.left.has(from) ? from : to)));
  const { rows, width, height } = inRows(cells, hubs, across);
  const board = new Board(hubs, ways, size, width);
  for (const { cells: row, lanes } of rows) for (const cell of row) board.cell(cell, lanes);
  for (const way of hubs.among) board.across(way, rows[0]!.lanes);
  return {
    width: board.width, height: Math.max(height, board.height),
    middles: board.middles, routes: board.routes,
  };
}
