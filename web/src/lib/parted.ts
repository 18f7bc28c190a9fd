// The connected parts of a graph.

import type { Way } from "./nest";

/** Nodes, and the indices of the edges between them. */
export interface Part { nodes: number[]; ways: number[] }

/** Connected nodes. Edges to other nodes, and from a node to itself, are ignored. */
export function parted(nodes: readonly number[], ways: readonly Way[]): Part[] {
  const parent = new Map(nodes.map((node) => [node, node]));
  const root = (node: number): number => {
    let at = node;
    while (parent.get(at) !== at) at = parent.get(at)!;
    for (let up = node; up !== at;) {
      const next = parent.get(up)!;
      parent.set(up, at);
      up = next;
    }
    return at;
  };
  const counts = ({ from, to }: Way) => from !== to && parent.has(from) && parent.has(to);
  for (const way of ways) if (counts(way)) parent.set(root(way.from), root(way.to));
  const parts = new Map<number, Part>();
  for (const node of nodes) {
    const part = parts.get(root(node)) ?? { nodes: [], ways: [] };
    part.nodes.push(node);
    parts.set(root(node), part);
  }
  ways.forEach((way, at) => { if (counts(way)) parts.get(root(way.from))!.ways.push(at); });
  return [...parts.values()];
}
