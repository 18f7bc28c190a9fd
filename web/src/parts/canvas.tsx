// A surface that is dragged and zoomed: drag moves, the wheel zooms, and what gets the focus comes
// into sight.

import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Layout } from "../lib/layout";

const margin = 24;

interface View { x: number; y: number; scale: number }

/** The whole drawing in the box, never larger than life, never too small to read. */
function fitted(layout: Layout, box: HTMLElement, smallest: number): View {
  const scale = Math.max(smallest, Math.min(1,
    (box.clientWidth - 24) / layout.width, (box.clientHeight - 24) / layout.height));
  return {
    x: Math.max(12, (box.clientWidth - layout.width * scale) / 2),
    y: Math.max(12, (box.clientHeight - layout.height * scale) / 2), scale,
  };
}

export function Canvas({ layout, children, label, smallest = 0.35 }: {
  layout: Layout; children: ComponentChildren; label: string; smallest?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>({ x: 12, y: 12, scale: 1 });
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  // What the reader moved stays where it is when the drawing changes.
  const moved = useRef(false);
  useEffect(() => {
    if (box.current && !moved.current) setView(fitted(layout, box.current, smallest));
  }, [layout]);
  const change = (make: (old: View) => View) => {
    moved.current = true;
    setView(make);
  };
  const fit = (least: number) => {
    moved.current = false;
    setView(fitted(layout, box.current!, least));
  };
  const zoom = (factor: number, x: number, y: number) => change((old) => {
    const scale = Math.max(0.1, Math.min(2.5, old.scale * factor));
    const ratio = scale / old.scale;
    return { scale, x: x - (x - old.x) * ratio, y: y - (y - old.y) * ratio };
  });
  useEffect(() => {
    const element = box.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const rect = element.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 500), event.clientX - rect.left, event.clientY - rect.top);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);
  const onDown = (event: PointerEvent) => {
    drag.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onMove = (event: PointerEvent) => {
    const from = drag.current;
    if (!from || !event.buttons) return;
    const dx = event.clientX - from.x;
    const dy = event.clientY - from.y;
    if (!from.moved && Math.hypot(dx, dy) < 4) return;
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    change((old) => ({ ...old, x: old.x + dx, y: old.y + dy }));
  };
  const onClick = (event: MouseEvent) => {
    if (!drag.current?.moved) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onFocus = (event: FocusEvent) => {
    const target = (event.target as Element).getBoundingClientRect();
    const { left, right, top, bottom } = box.current!.getBoundingClientRect();
    const beyond = (low: number, high: number) =>
      Math.max(0, low + margin) - Math.max(0, high + margin);
    const dx = beyond(left - target.left, target.right - right);
    const dy = beyond(top - target.top, target.bottom - bottom);
    if (dx || dy) change((old) => ({ ...old, x: old.x + dx, y: old.y + dy }));
  };
  const middle = (factor: number) =>
    zoom(factor, box.current!.clientWidth / 2, box.current!.clientHeight / 2);
  const pan = (x: number, y: number) => change((old) => ({ ...old, x: old.x + x, y: old.y + y }));
  const keys: Record<string, () => void> = {
    ArrowUp: () => pan(0, 80), ArrowDown: () => pan(0, -80), ArrowLeft: () => pan(80, 0),
    ArrowRight: () => pan(-80, 0), "+": () => middle(1.3), "-": () => middle(1 / 1.3),
    0: () => fit(smallest),
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.ctrlKey || event.metaKey ? undefined : keys[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  };
  return (
    <div class="canvas grow" ref={box} onPointerDown={onDown} onPointerMove={onMove}
      onClickCapture={onClick} onKeyDown={onKey} onFocusIn={onFocus}>
      <svg role="group" aria-label={label}>
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>{children}</g>
      </svg>
      <div class="zoom">
        <button aria-label="Closer" onClick={() => middle(1.3)}>+</button>
        <button aria-label="Farther" onClick={() => middle(1 / 1.3)}>−</button>
        <button onClick={() => fit(0.05)}>Fit</button>
      </div>
    </div>
  );
}
