// A drawing of boxes and the edges between them: all positions.

/** Position of its middle. */
export interface Box { x: number; y: number; width: number; height: number }
export interface Point { x: number; y: number }
export interface Layout {
  width: number; height: number;
  nodes: Map<string, Box>;
  /** In the given order. */
  edges: { from: string; to: string; points: Point[] }[];
}

/** The middles of boxes of equal size, by number, and the paths of the edges, by index. */
export interface Piece {
  width: number; height: number;
  middles: Map<number, Point>;
  routes: Map<number, Point[]>;
}
