// A drawing that can be dragged and zoomed: dragging moves it, the wheel zooms, a focused node
// scrolls into view, and a minimap shows the part out of sight.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Layout, Point } from "../lib/layout";
import {
  centred, drawnPart, fitted, overflows, shownPart, zoomed, type Part, type Size, type View,
} from "../lib/view";
import { Minimap } from "./minimap";

const margin = 24;
const step = 80;
const nearer = 1.3;
/** Below this scale text is unreadable and slow to draw: style sheets hide it. */
const legible = 0.3;

interface Props {
  layout: Layout;
  label: string;
  /** The content, or a function that draws the given part. */
  children: ComponentChildren | ((part: Part, scale: number) => ComponentChildren);
  /** Smallest scale at first. */
  smallest?: number;
  /** The node in the middle at first when not everything fits. */
  start?: string | undefined;
  /** A point to bring into view; a new object moves there again. */
  aim?: Point | undefined;
  /** Nodes marked in the minimap. */
  marked?: readonly string[];
}

function useSize(box: { current: HTMLElement | null }): Size | undefined {
  const [size, setSize] = useState<Size | undefined>(undefined);
  useLayoutEffect(() => {
    const element = box.current!;
    const look = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    return () => observer.disconnect();
  }, []);
  return size;
}

/** How far a range from low to high lies outside, with a margin. */
const beyond = (low: number, high: number) =>
  Math.max(0, low + margin) - Math.max(0, high + margin);

/** Dragging with a button moves; a drag is no click. */
function useDrag(move: (dx: number, dy: number) => void) {
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  return {
    onPointerDown: ({ clientX: x, clientY: y }: PointerEvent) => {
      drag.current = { x, y, moved: false };
    },
    onPointerMove: ({ clientX: x, clientY: y, buttons }: PointerEvent) => {
      const from = drag.current;
      if (!from || !buttons) return;
      if (!from.moved && Math.hypot(x - from.x, y - from.y) < 4) return;
      drag.current = { x, y, moved: true };
      move(x - from.x, y - from.y);
    },
    onClickCapture: (event: MouseEvent) => {
      if (!drag.current?.moved) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** The drawn content; made again when another part is worth drawing. */
function useDrawn(children: Props["children"], view: View, part: Part) {
  const worth = drawnPart(part);
  return useMemo(
    () => (typeof children === "function" ? children(worth, view.scale) : children),
    [children, worth.x, worth.y, worth.width, worth.height]);
}

export function Canvas(
  { layout, children, label, smallest = 0.35, start, aim, marked }: Props,
) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const room = size ?? { width: 0, height: 0 };
  const first = (least = smallest) =>
    fitted(layout, room, least, start ? layout.nodes.get(start) : undefined);
  // A view moved by the reader stays when the drawing changes.
  const [moved, setMoved] = useState<View | undefined>(undefined);
  const view = moved ?? first();
  const part = shownPart(view, room);
  const change = (make: (old: View) => View) => setMoved((old) => make(old ?? first()));
  const pan = (dx: number, dy: number) =>
    change((old) => ({ ...old, x: old.x + dx, y: old.y + dy }));
  const zoom = (factor: number, at: Point = { x: room.width / 2, y: room.height / 2 }) =>
    change((old) => zoomed(old, factor, at));
  const whole = () => change(() => first(0));
  const life = () => zoom(1 / view.scale);
  const show = (at: Point) => change((old) => centred(at, room, old.scale));
  const latest = useRef(zoom);
  latest.current = zoom;

  useEffect(() => {
    if (aim && size) change((old) => centred(aim, room, Math.max(old.scale, smallest)));
  }, [aim, size !== undefined]);
  useEffect(() => {
    const element = box.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      latest.current(Math.exp(-event.deltaY / 500),
        { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const onFocus = (event: FocusEvent) => {
    const element = event.target as Element;
    inside.current = true;
    if (!element.closest("svg")) return;
    const target = element.getBoundingClientRect();
    const { left, right, top, bottom } = box.current!.getBoundingClientRect();
    const dx = beyond(left - target.left, target.right - right);
    const dy = beyond(top - target.top, target.bottom - bottom);
    if (dx || dy) pan(dx, dy);
  };
  const keys: Record<string, () => void> = {
    ArrowUp: () => pan(0, step), ArrowDown: () => pan(0, -step), ArrowLeft: () => pan(step, 0),
    ArrowRight: () => pan(-step, 0), "+": () => zoom(nearer), "-": () => zoom(1 / nearer),
    0: whole, 1: life,
  };
  const enter = () => {
    const link = (name: string) => box.current!.querySelector<SVGElement>(`svg a${name}`);
    ((start && link(`#${CSS.escape(start)}`)) || link(""))?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && event.target === box.current) {
      event.preventDefault();
      return enter();
    }
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  const drag = useDrag(pan);
  const drawn = useDrawn(children, view, part);
  // When the focused node is no longer drawn, the canvas takes the focus.
  const inside = useRef(false);
  const onLeave = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget) inside.current = box.current!.contains(relatedTarget as Element);
  };
  useLayoutEffect(() => {
    if (inside.current && document.activeElement === document.body) box.current!.focus();
  }, [drawn]);
  return (
    <div class="canvas grow" ref={box} role="group" aria-label={label} tabIndex={0}
      onKeyDown={onKey} onFocusIn={onFocus} onFocusOut={onLeave} {...drag}>
      <svg class={view.scale < legible ? "tiny" : ""}>
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>{size && drawn}</g>
      </svg>
      {size && overflows(layout, view, room) &&
        <Minimap layout={layout} part={part} marked={marked} go={show} />}
      <div class="zoom">
        <button aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(nearer)}>+</button>
        <button aria-label="Zoom out" title="Zoom out (-)"
          onClick={() => zoom(1 / nearer)}>−</button>
        <button title="Full size (1)" onClick={life}>100 %</button>
        <button title="Fit (0)" onClick={whole}>Fit</button>
      </div>
    </div>
  );
}
