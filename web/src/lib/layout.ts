// What a drawing of boxes and of the ways between them is: where everything stands.

/** By its middle. */
export interface Box { x: number; y: number; width: number; height: number }
export interface Point { x: number; y: number }
export interface Layout {
  width: number; height: number;
  nodes: Map<string, Box>;
  /** In the order that they were given. */
  edges: { from: string; to: string; points: Point[] }[];
}

/** Middles of boxes of one size, by number, and the ways between them, by where they were given. */
export interface Piece {
  width: number; height: number;
  middles: Map<number, Point>;
  routes: Map<number, Point[]>;
}
