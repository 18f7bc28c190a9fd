// A flame graph: stacks with a value each ("main;read;copy", 12). A click zooms to a frame; a click
// on the root zooms out.

import { useMemo, useState } from "preact/hooks";
import { count, percent } from "../lib/format";
import { Empty } from "../parts/states";
import { isNode, listOf, text, type Node } from "./view";

interface Frame { name: string; value: number; below: Map<string, Frame> }

const frame = (name: string): Frame => ({ name, value: 0, below: new Map() });

/** A stack, the outermost frame first, and how much it counts. */
export interface Stack { names: string[]; value: number }

const stacksOf = (node: Node): Stack[] => listOf(node.stacks).filter(isNode).map((one) => ({
  value: Number(one.value ?? 0),
  names: Array.isArray(one.stack)
    ? one.stack.map(String) : (text(one.stack) ?? "").split(";"),
}));

function grow(stacks: readonly Stack[]): Frame {
  const root = frame("all");
  for (const { names, value } of stacks) {
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

/** The names from the root to a frame. */
function pathTo(from: Frame, wanted: Frame): string[] | undefined {
  if (from === wanted) return [];
  for (const next of from.below.values()) {
    const rest = pathTo(next, wanted);
    if (rest) return [next.name, ...rest];
  }
  return undefined;
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

export function FlameGraph({ stacks }: { stacks: readonly Stack[] }) {
  const root = useMemo(() => grow(stacks), [stacks]);
  const [path, setPath] = useState<readonly string[]>([]);
  if (!root.value) return <Empty title="No stacks yet" icon="exports" />;
  // The frame may be gone from newer stacks: then its nearest parent is shown.
  let at = root;
  for (const name of path) at = at.below.get(name) ?? at;
  const choose = (wanted: Frame) => setPath(wanted === root ? [] : pathTo(root, wanted) ?? []);
  return (
    <div class="flame">
      {path.length > 0 && <button onClick={() => setPath([])}>All {count(root.value)}</button>}
      <Rows at={at} of={at.value} choose={choose} />
    </div>
  );
}

export const Flame = ({ node }: { node: Node }) => {
  const stacks = useMemo(() => stacksOf(node), [node]);
  return <FlameGraph stacks={stacks} />;
};
