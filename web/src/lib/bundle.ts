// Makes a graph smaller without losing information: nodes of one kind with exactly the same
// neighbours become one bundle, which opens on demand; a search keeps matching nodes and their
// neighbours.

export interface GraphNode<Kind> { id: string; kind: Kind; label: string; detail: string | null }
export interface GraphEdge { from: string; to: string; kind: string }
export interface Graph<Kind> {
  nodes: readonly GraphNode<Kind>[]; edges: readonly GraphEdge[];
}

/** A node, or a bundle: its label then tells how many nodes of which kind. */
export interface Shown<Kind> extends GraphNode<Kind> { members?: readonly GraphNode<Kind>[] }

const fewest = 5;

/** A node's neighbours and the edges to them. */
function surroundings<Kind>({ nodes, edges }: Graph<Kind>): Map<string, string> {
  const near = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to, kind } of edges) {
    near.get(from)?.push(`>${kind} ${to}`);
    near.get(to)?.push(`<${kind} ${from}`);
  }
  return new Map([...near].map(([id, list]) => [id, list.sort().join("|")]));
}

/** The types that a bundle's members share, or how many types there are. */
function details<Kind>(members: readonly GraphNode<Kind>[], alone: boolean): string {
  const types = [...new Set(members.map(({ detail }) => detail ?? ""))].filter(Boolean);
  const text = types.length > 2 ? `${types.length} types` : types.join(", ");
  return alone ? `joined to nothing${types.length === 1 ? `: ${text}` : ""}` : text;
}

/** The graph with bundles. Bundles in `open`, and the node `root`, are not bundled. */
export function bundled<Kind extends string>(
  graph: Graph<Kind>, words: Record<Kind, string>, open: ReadonlySet<string>, root: string | null,
): { nodes: Shown<Kind>[]; edges: GraphEdge[] } {
  const around = surroundings(graph);
  const alike = new Map<string, GraphNode<Kind>[]>();
  for (const node of graph.nodes) {
    const key = node.id === root ? node.id : `${node.kind} ${around.get(node.id)}`;
    alike.set(key, [...(alike.get(key) ?? []), node]);
  }
  const inside = new Map<string, string>();
  const nodes = [...alike.values()].flatMap((members): Shown<Kind>[] => {
    const first = members[0]!;
    const id = `bundle:${first.id}`;
    if (members.length < fewest || open.has(id)) return members;
    for (const member of members) inside.set(member.id, id);
    return [{
      id, kind: first.kind, members, label: `${members.length} ${words[first.kind]}`,
      detail: details(members, around.get(first.id) === ""),
    }];
  });
  const edges = new Map<string, GraphEdge>();
  for (const { from, to, kind } of graph.edges) {
    const edge = { from: inside.get(from) ?? from, to: inside.get(to) ?? to, kind };
    edges.set(`${edge.from} ${edge.to} ${kind}`, edge);
  }
  return { nodes, edges: [...edges.values()] };
}

/** The nodes that match the text by name, type or id, and their neighbours. */
export function fitting<Kind>(graph: Graph<Kind>, text: string): Graph<Kind> {
  const word = text.trim().toLowerCase();
  if (!word) return graph;
  const fits = new Set(graph.nodes.filter(({ id, label, detail }) =>
    [id, label, detail].some((part) => part?.toLowerCase().includes(word))).map(({ id }) => id));
  const edges = graph.edges.filter(({ from, to }) => fits.has(from) || fits.has(to));
  const kept = new Set([...fits, ...edges.flatMap(({ from, to }) => [from, to])]);
  return { nodes: graph.nodes.filter(({ id }) => kept.has(id)), edges };
}

/** The nodes with the most neighbours. */
export function busiest<Kind>({ nodes, edges }: Graph<Kind>, most: number): GraphNode<Kind>[] {
  const degree = new Map<string, number>();
  for (const { from, to } of edges) {
    degree.set(from, (degree.get(from) ?? 0) + 1);
    degree.set(to, (degree.get(to) ?? 0) + 1);
  }
  return nodes.filter(({ id }) => degree.has(id))
    .sort((a, b) => degree.get(b.id)! - degree.get(a.id)!).slice(0, most);
}
