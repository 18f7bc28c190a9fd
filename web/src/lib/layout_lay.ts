// Places nodes in layers. What hangs together is laid out by itself, by dagre; the pieces are then
// packed side by side, about as wide as a screen is. Large drawings are laid out in a worker, whose
// script is this module itself: it is fetched once.

import dagre from "@dagrejs/dagre";
import type { Box, Direction, Drawing, Edge, Layout, Node, Point } from "./layout";

/** Where this module is, for the worker. */
export const address = import.meta.url;

const aspect = 1.7;
const gap = 40;

/** Nodes that can be reached from one another, as sets of places in the list of edges. */
function components(nodes: Node[], edges: Edge[]): { nodes: Node[]; edges: number[] }[] {
  const parent = new Map(nodes.map(({ id }) => [id, id]));
  const root = (id: string): string => {
    let at = id;
    while (parent.get(at) !== at) at = parent.get(at)!;
    parent.set(id, at);
    return at;
  };
  for (const { from, to } of edges) parent.set(root(from), root(to));
  const pieces = new Map<string, { nodes: Node[]; edges: number[] }>();
  for (const node of nodes) {
    const piece = pieces.get(root(node.id)) ?? { nodes: [], edges: [] };
    piece.nodes.push(node);
    pieces.set(root(node.id), piece);
  }
  edges.forEach(({ from }, at) => pieces.get(root(from))!.edges.push(at));
  return [...pieces.values()];
}

/** Beyond so many nodes the best ranks take longer than they are worth. */
const rankedBest = 150;

function layPiece(nodes: Node[], edges: (Edge & { at: number })[], direction: Direction) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({
    rankdir: direction, nodesep: 12, ranksep: direction === "LR" ? 76 : 34, edgesep: 8,
    ranker: nodes.length > rankedBest ? "tight-tree" : "network-simplex",
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, ...size } of nodes) graph.setNode(id, { ...size });
  for (const { from, to, at } of edges) graph.setEdge(from, to, {}, String(at));
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width, height,
    boxes: nodes.map(({ id }) => [id, graph.node(id) as Box] as const),
    edges: edges.map(({ from, to, at }) => {
      const edge = graph.edge(from, to, String(at)) as { points?: Point[] };
      return { at, points: edge.points ?? [] };
    }),
  };
}

type Piece = ReturnType<typeof layPiece>;

/** A corner for each piece: the tallest first, always below what reaches down least. */
function pack(pieces: Piece[]): { corners: Point[]; width: number; height: number } {
  const area = pieces.reduce((sum, { width, height }) => sum + (width + gap) * (height + gap), 0);
  const widest = Math.max(...pieces.map(({ width }) => width));
  const room = Math.max(widest, Math.sqrt(area * aspect));
  const corners: Point[] = [];
  let shelf = { x: 0, y: 0, height: 0 };
  let width = 0;
  let height = 0;
  let column = { x: 0, width: 0, y: 0 };
  for (const piece of pieces) {
    const fitsBelow = column.width >= piece.width &&
      column.y + gap + piece.height <= shelf.y + shelf.height;
    if (!fitsBelow) {
      const x = column.x + column.width + (column.width ? gap : 0);
      if (x > 0 && x + piece.width > room) {
        shelf = { x: 0, y: shelf.y + shelf.height + gap, height: piece.height };
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

export function lay({ nodes, edges, direction }: Drawing): Layout {
  if (!nodes.length) return { width: 0, height: 0, nodes: new Map(), edges: [] };
  const pieces = components(nodes, edges)
    .map((piece) => layPiece(piece.nodes,
      piece.edges.map((at) => ({ ...edges[at]!, at })), direction))
    .sort((a, b) => b.height - a.height || b.width - a.width);
  const { corners, width, height } = pack(pieces);
  const layout: Layout = {
    width, height, nodes: new Map(), edges: edges.map((edge) => ({ ...edge, points: [] })),
  };
  pieces.forEach((piece, n) => {
    const { x, y } = corners[n]!;
    for (const [id, box] of piece.boxes) {
      layout.nodes.set(id, { ...box, x: box.x + x, y: box.y + y });
    }
    for (const { at, points } of piece.edges) {
      layout.edges[at]!.points = points.map((point) => ({ x: point.x + x, y: point.y + y }));
    }
  });
  return layout;
}

declare const WorkerGlobalScope: (new () => object) | undefined;

if (typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope) {
  addEventListener("message", ({ data }) => postMessage(lay(data as Drawing)));
}
