// A drawing's lines as SVG paths with round corners, and the box next to another one.

import type { Layout, Point } from "./layout";

const round = 9;

/** The point on the line from a corner to the next one where the corner's arc ends. */
function along(corner: Point, to: Point): Point {
  const length = Math.hypot(to.x - corner.x, to.y - corner.y);
  const share = length ? Math.min(round, length / 2) / length : 0;
  return { x: corner.x + (to.x - corner.x) * share, y: corner.y + (to.y - corner.y) * share };
}

const text = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** Segments of vertical or horizontal lines: from and to, by the line's position. */
class Stretches {
  private readonly lines = new Map<string, [number, number][]>();

  add(line: number, from: number, to: number): void {
    const key = line.toFixed(1);
    const list = this.lines.get(key) ?? [];
    this.lines.set(key, list);
    list.push(from < to ? [from, to] : [to, from]);
  }

  /** Segments that touch one another, merged. */
  path(draw: (line: string, from: number, to: number) => string): string {
    return [...this.lines].map(([line, list]) => {
      const whole: [number, number][] = [];
      for (const [from, to] of list.sort((a, b) => a[0] - b[0])) {
        const last = whole[whole.length - 1];
        if (last && from <= last[1]) last[1] = Math.max(last[1], to);
        else whole.push([from, to]);
      }
      return whole.map(([from, to]) => draw(line, from, to)).join("");
    }).join("");
  }
}

/** One path for many lines: shared segments are drawn once. */
export function pathOf(lines: readonly (readonly Point[])[]): string {
  const upright = new Stretches();
  const level = new Stretches();
  const others = new Set<string>();
  const straight = (from: Point, to: Point) => {
    if (from.x === to.x) upright.add(from.x, from.y, to.y);
    else if (from.y === to.y) level.add(from.y, from.x, to.x);
    else others.add(`M${text(from)}L${text(to)}`);
  };
  for (const points of lines) {
    let last = points[0];
    points.slice(1).forEach((point, at) => {
      const after = points[at + 2];
      const end = after ? along(point, last!) : point;
      straight(last!, end);
      last = point;
      if (!after) return;
      last = along(point, after);
      others.add(`M${text(end)}Q${text(point)} ${text(last)}`);
    });
  }
  return upright.path((x, from, to) => `M${x} ${from.toFixed(1)}V${to.toFixed(1)}`) +
    level.path((y, from, to) => `M${from.toFixed(1)} ${y}H${to.toFixed(1)}`) +
    [...others].join("");
}

const ways: Record<string, readonly [number, number]> = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
};

/** The box whose middle is nearest in the direction of an arrow key. */
export function beside(layout: Layout, from: string, key: string): string | undefined {
  const here = layout.nodes.get(from);
  const way = ways[key];
  if (!here || !way) return undefined;
  let best: { id: string; far: number } | undefined;
  for (const [id, box] of layout.nodes) {
    const [dx, dy] = [box.x - here.x, box.y - here.y];
    const ahead = dx * way[0] + dy * way[1];
    const far = ahead + 2 * (Math.abs(dx * way[1]) + Math.abs(dy * way[0]));
    if (ahead > 1 && (!best || far < best.far)) best = { id, far };
  }
  return best?.id;
}
