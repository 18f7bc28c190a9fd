// A small copy of a drawing larger than its box: a frame marks the visible part, and a click or
// drag moves it. The canvas has keys for the same, so it is hidden from screen readers.

import { useMemo } from "preact/hooks";
import type { Box, Layout, Point } from "../lib/layout";
import type { Part } from "../lib/view";

const largest = { width: 168, height: 132 };

const path = (boxes: Iterable<Box>, scale: number): string =>
  [...boxes].map(({ x, y, width, height }) => {
    const wide = Math.max(1, width * scale);
    const high = Math.max(1, height * scale);
    return `M${(x * scale - wide / 2).toFixed(1)} ${(y * scale - high / 2).toFixed(1)}` +
      `h${wide.toFixed(1)}v${high.toFixed(1)}h${(-wide).toFixed(1)}z`;
  }).join("");

export function Minimap({ layout, part, marked, go }: {
  layout: Layout; part: Part; marked: readonly string[] | undefined; go: (to: Point) => void;
}) {
  const scale = Math.min(largest.width / layout.width, largest.height / layout.height);
  const all = useMemo(() => path(layout.nodes.values(), scale), [layout]);
  const marks = useMemo(() => path((marked ?? []).map((id) => layout.nodes.get(id)!)
    .filter(Boolean), scale), [layout, marked]);
  const width = Math.max(24, layout.width * scale);
  const aim = (event: PointerEvent) => {
    event.stopPropagation();
    if (!event.buttons) return;
    const svg = event.currentTarget as SVGSVGElement;
    if (event.type === "pointerdown") svg.setPointerCapture(event.pointerId);
    const rect = svg.getBoundingClientRect();
    const pixel = (scale * rect.width) / width;
    go({ x: (event.clientX - rect.left) / pixel, y: (event.clientY - rect.top) / pixel });
  };
  return (
    <div class="minimap" aria-hidden="true">
      <svg width={width} height={Math.max(24, layout.height * scale)}
        onPointerDown={aim} onPointerMove={aim}>
        <path d={all} />
        <path d={marks} class="marks" />
        <rect x={part.x * scale} y={part.y * scale} rx={1.5}
          width={Math.max(4, part.width * scale)} height={Math.max(4, part.height * scale)} />
      </svg>
    </div>
  );
}
