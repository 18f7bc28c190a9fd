// A graph as text for Graphviz.

import type { GraphEdge, GraphNode } from "./bundle";

const quoted = (text: string): string =>
  `"${text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n")}"`;

export function dotOf<Kind>(
  { nodes, edges }: { nodes: readonly GraphNode<Kind>[]; edges: readonly GraphEdge[] },
): string {
  const text = ({ label, detail }: GraphNode<Kind>) => (detail ? `${label}\n${detail}` : label);
  return [
    "digraph lunette {", "  rankdir=LR;", "  node [shape=box];",
    ...nodes.map((node) => `  ${quoted(node.id)} [label=${quoted(text(node))}];`),
    ...edges.map(({ from, to, kind }) =>
      `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(kind.toLowerCase())}];`),
    "}", "",
  ].join("\n");
}
