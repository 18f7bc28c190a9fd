// A flame graph: stacks with a value each ("main;read;copy", 12). A click zooms to a frame; a click
// on the root zooms out.

import { useMemo, useState } from "preact/hooks";
import { count, percent } from "../lib/format";
import { Empty } from "../parts/states";
import { isNode, listOf, text, type Node } from "./view";

interface Frame { name: string; value: number; below: Map<string, Frame> }

const frame = (name: string): Frame => ({ name, value: 0, below: new Map() });

function grow(node: Node): Frame {
  const root = frame("all");
  for (const one of listOf(node.stacks).filter(isNode)) {
    const value = Number(one.value ?? 0);
    const names = Array.isArray(one.stack)
      ? one.stack.map(String) : (text(one.stack) ?? "").split(";");
    root.value += value;
    let at = root;
    for (const name of names) {
      const next = at.below.get(name) ?? frame(name);
      next.value += value;
      at.below.set(name, next);
      at = next;
    }
  }
  return root;
}

function Rows({ at, of, choose }: { at: Frame; of: number; choose: (frame: Frame) => void }) {
  const below = [...at.below.values()].sort((a, b) => b.value - a.value);
  const rest = at.value - below.reduce((sum, next) => sum + next.value, 0);
  return (
    <div class="flame-frame">
      <button onClick={() => choose(at)}
        title={`${at.name}: ${count(at.value)}, ${percent(at.value / of)}`}
        style={{ "--heat": `${14 + (at.name.length * 37) % 24}%` }}>{at.name}</button>
      <div class="flame-row">
        {below.filter((next) => next.value / of > 0.002).map((next) => (
          <div key={next.name} style={{ flex: `${next.value} 0 0`, minWidth: 0 }}>
            <Rows at={next} of={of} choose={choose} />
          </div>
        ))}
        {rest > 0 && <div style={{ flex: `${rest} 0 0` }} />}
      </div>
    </div>
  );
}

export function Flame({ node }: { node: Node }) {
  const root = useMemo(() => grow(node), [node]);
  const [top, setTop] = useState<Frame | null>(null);
  if (!root.value) return <Empty title="No stacks yet" icon="exports" />;
  const at = top ?? root;
  return (
    <div class="flame">
      {top && <button onClick={() => setTop(null)}>All {count(root.value)}</button>}
      <Rows at={at} of={at.value} choose={(frame) => setTop(frame === root ? null : frame)} />
    </div>
  );
}
