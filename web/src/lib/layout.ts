// Places nodes in layers. dagre does it, and is fetched when the first graph is shown.

export interface Box { x: number; y: number; width: number; height: number }
export interface Layout {
  width: number; height: number;
  nodes: Map<string, Box>;
  /** In the order that they were given. */
  edges: { from: string; to: string; points: { x: number; y: number }[] }[];
}

export async function layoutGraph(
  nodes: { id: string; width: number; height: number }[],
  edges: { from: string; to: string }[], direction: "LR" | "TB",
): Promise<Layout> {
  const { default: dagre } = await import("@dagrejs/dagre");
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 12, ranksep: direction === "LR" ? 76 : 34, edgesep: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, ...size } of nodes) graph.setNode(id, { ...size });
  edges.forEach(({ from, to }, at) => graph.setEdge(from, to, {}, String(at)));
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width, height,
    nodes: new Map(graph.nodes().map((id) => [id, graph.node(id) as Box])),
    edges: edges.map(({ from, to }, at) => {
      const edge = graph.edge(from, to, String(at)) as { points?: { x: number; y: number }[] };
      return { from, to, points: edge.points ?? [] };
    }),
  };
}
