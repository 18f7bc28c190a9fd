// The visible part of a drawing, and its scale.

import type { Box, Layout, Point } from "./layout";

/** A point of the drawing appears at its position times scale, plus x and y. */
export interface View { x: number; y: number; scale: number }
export interface Size { width: number; height: number }
/** A part of the drawing. */
export interface Part extends Point, Size {}

const rim = 12;
const least = 0.005;
const most = 2.5;

const between = (low: number, value: number, high: number): number =>
  Math.max(low, Math.min(high, value));

/** The offset in one direction: centred when all of it fits, else around a position. */
function placed(whole: number, room: number, about: number): number {
  const free = room - whole;
  return free >= 2 * rim ? free / 2 : between(free - rim, room / 2 - about, rim);
}

/** The view of the whole drawing, at most at full size and never too small to read; when it does
 *  not fit, the view around the start box. */
export function fitted(layout: Layout, room: Size, smallest: number, start?: Box): View {
  const scale = Math.max(smallest, least, Math.min(1,
    (room.width - 2 * rim) / layout.width, (room.height - 2 * rim) / layout.height));
  return {
    x: placed(layout.width * scale, room.width, (start?.x ?? 0) * scale),
    y: placed(layout.height * scale, room.height, (start?.y ?? 0) * scale), scale,
  };
}

/** Zooms in or out around a point of the box. */
export function zoomed(view: View, factor: number, about: Point): View {
  const scale = between(least, view.scale * factor, most);
  const ratio = scale / view.scale;
  return {
    scale, x: about.x - (about.x - view.x) * ratio, y: about.y - (about.y - view.y) * ratio,
  };
}

/** Centres a point of the drawing. */
export const centred = (at: Point, room: Size, scale: number): View => ({
  scale, x: room.width / 2 - at.x * scale, y: room.height / 2 - at.y * scale,
});

export const shownPart = ({ x, y, scale }: View, room: Size): Part => ({
  x: -x / scale, y: -y / scale, width: room.width / scale, height: room.height / scale,
});

/** True when a part of the drawing is out of sight. */
export const overflows = (layout: Layout, view: View, room: Size): boolean =>
  view.x < -1 || view.y < -1 || view.x + layout.width * view.scale > room.width + 1 ||
  view.y + layout.height * view.scale > room.height + 1;

/** The part worth drawing: the visible part and as much around it, in steps, so that it rarely
 *  changes while moving. */
export function drawnPart(part: Part): Part {
  const down = (value: number, step: number) => Math.floor(value / step) * step;
  const [wide, high] = [part.width / 2, part.height / 2];
  return {
    x: down(part.x, wide) - wide, y: down(part.y, high) - high, width: 5 * wide, height: 5 * high,
  };
}

/** True when a box (given by its middle) touches a part. */
export const touches = (part: Part, { x, y, width, height }: Box): boolean =>
  x + width / 2 >= part.x && x - width / 2 <= part.x + part.width &&
  y + height / 2 >= part.y && y - height / 2 <= part.y + part.height;
