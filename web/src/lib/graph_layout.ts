// Lays out a graph of boxes of equal size: each connected piece in columns, or, when that would be
// too tall, around its busy nodes; the pieces are packed about as wide as a screen.

import { buses } from "./bus";
import { layers, type Size } from "./layers";
import type { Layout, Piece, Point } from "./layout";
import type { Way } from "./nest";
import { parted, type Part } from "./parted";

const gap = 40;
const aspect = 1.7;
/** Greatest height of a piece in columns, unless it is wider than tall. */
const tall = 900;
/** A piece with so many nodes is always too tall. */
const many = 200;

/** Converts a piece's node numbers to those of the whole graph. */
function lay({ nodes, ways }: Part, given: readonly Way[], size: Size): Piece {
  const number = new Map(nodes.map((node, at) => [node, at]));
  const own = ways.map((way) => (
    { from: number.get(given[way]!.from)!, to: number.get(given[way]!.to)! }));
  const plain = nodes.length < many ? layers(nodes.length, own, size) : undefined;
  const piece = plain && plain.height <= Math.max(tall, plain.width) ? plain
    : buses(nodes.length, own, size) ?? plain ?? layers(nodes.length, own, size);
  return {
    ...piece,
    middles: new Map([...piece.middles].map(([node, middle]) => [nodes[node]!, middle])),
    routes: new Map([...piece.routes].map(([way, points]) => [ways[way]!, points])),
  };
}

/** A corner for each piece: tallest first, each where the pieces above end soonest. */
function pack(pieces: readonly Size[]): { corners: Point[]; width: number; height: number } {
  const area = pieces.reduce((sum, { width, height }) => sum + (width + gap) * (height + gap), 0);
  const widest = Math.max(0, ...pieces.map(({ width }) => width));
  const room = Math.max(widest, Math.sqrt(area * aspect));
  const corners: Point[] = [];
  let shelf = { y: 0, height: 0 };
  let width = 0;
  let height = 0;
  let column = { x: 0, width: 0, y: 0 };
  for (const piece of pieces) {
    const fitsBelow = column.width >= piece.width &&
      column.y + gap + piece.height <= shelf.y + shelf.height;
    if (!fitsBelow) {
      const x = column.x + column.width + (column.width ? gap : 0);
      if (x > 0 && x + piece.width > room) {
        shelf = { y: shelf.y + shelf.height + gap, height: piece.height };
        column = { x: 0, width: piece.width, y: shelf.y };
      } else {
        column = { x, width: piece.width, y: shelf.y };
        shelf.height = Math.max(shelf.height, piece.height);
      }
    } else {
      column.y += gap;
    }
    corners.push({ x: column.x, y: column.y });
    column.y += piece.height;
    width = Math.max(width, column.x + piece.width);
    height = Math.max(height, column.y);
  }
  return { corners, width, height };
}

export function layGraph(
  ids: readonly string[], edges: readonly { from: string; to: string }[], size: Size,
): Layout {
  const number = new Map(ids.map((id, at) => [id, at]));
  const ways = edges.map(({ from, to }) => ({ from: number.get(from)!, to: number.get(to)! }));
  const pieces = parted([...ids.keys()], ways).map((part) => lay(part, ways, size))
    .sort((a, b) => b.height - a.height || b.width - a.width);
  const { corners, width, height } = pack(pieces);
  const layout: Layout = {
    width, height, nodes: new Map(), edges: edges.map(({ from, to }) => ({ from, to, points: [] })),
  };
  pieces.forEach(({ middles, routes }, at) => {
    const corner = corners[at]!;
    const moved = ({ x, y }: Point) => ({ x: x + corner.x, y: y + corner.y });
    for (const [node, middle] of middles) {
      layout.nodes.set(ids[node]!, { ...moved(middle), ...size });
    }
    for (const [way, points] of routes) layout.edges[way]!.points = points.map(moved);
  });
  return layout;
}
