// Drawings of nodes in layers: laid out when the first one is shown, by what is fetched then. Large
// ones are left to a worker, so that the page answers meanwhile, and the last ones are remembered.

export interface Box { x: number; y: number; width: number; height: number }
export interface Point { x: number; y: number }
export interface Layout {
  width: number; height: number;
  nodes: Map<string, Box>;
  /** In the order that they were given. */
  edges: { from: string; to: string; points: Point[] }[];
}

export interface Node { id: string; width: number; height: number }
export interface Edge { from: string; to: string }
export type Direction = "LR" | "TB";
export interface Drawing { nodes: Node[]; edges: Edge[]; direction: Direction }

/** Nodes and edges that the page lays out itself: it takes less than starting a worker. */
const few = 120;

const remembered = new Map<string, Layout>();
const rememberedAtMost = 6;

function inWorker(address: string, drawing: Drawing, signal: AbortSignal): Promise<Layout> {
  const worker = new Worker(address, { type: "module" });
  return new Promise<Layout>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as Layout);
    worker.onerror = () => reject(new Error("The drawing could not be laid out."));
    worker.postMessage(drawing);
    signal.addEventListener("abort", () => reject(signal.reason));
  }).finally(() => worker.terminate());
}

/** Rejects when it is no longer wanted. */
export async function layoutGraph(
  nodes: Node[], edges: Edge[], direction: Direction, signal = new AbortController().signal,
): Promise<Layout> {
  const drawing: Drawing = {
    nodes, edges: edges.map(({ from, to }) => ({ from, to })), direction,
  };
  const key = JSON.stringify(drawing);
  const known = remembered.get(key);
  if (known) return known;
  const { lay, address } = await import("./layout_lay");
  signal.throwIfAborted();
  const small = nodes.length + edges.length <= few;
  const layout = small ? lay(drawing) : await inWorker(address, drawing, signal);
  remembered.set(key, layout);
  if (remembered.size > rememberedAtMost) remembered.delete(remembered.keys().next().value!);
  return layout;
}
