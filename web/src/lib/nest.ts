// The nesting of a control-flow graph: each block is nested in its dominator, the block that every
// path to it passes, and in layers: alternatives are side by side, the code after them is below.
// Blocks are numbers; 0 is the entry.

export interface Way { from: number; to: number }

export interface Nest {
  /** Blocks in an order in which all edges but loops go forward. */
  order: number[];
  /** The block in which each block is nested; -1 for unreachable ones. */
  parent: number[];
  /** Each block's layer in its parent. */
  layer: number[];
  /** The layers in each block; the last entry has those of blocks without a parent. */
  layers: number[][][];
}

/** Blocks in reverse postorder from the entries. */
export function ordered(next: number[][], starts: number[]): number[] {
  const seen = new Set<number>();
  const done: number[] = [];
  for (const start of [...starts, ...next.keys()]) {
    if (seen.has(start)) continue;
    seen.add(start);
    const stack = [{ at: start, child: 0 }];
    while (stack.length) {
      const top = stack[stack.length - 1]!;
      const to = next[top.at]![top.child++];
      if (to === undefined) done.push(stack.pop()!.at);
      else if (!seen.has(to)) {
        seen.add(to);
        stack.push({ at: to, child: 0 });
      }
    }
  }
  return done.reverse();
}

/** The immediate dominator of each block, computed by walking up until nothing changes. */
function dominators(order: number[], before: number[][], roots: ReadonlySet<number>): number[] {
  const place = new Array<number>(order.length);
  order.forEach((block, at) => { place[block] = at; });
  const up = new Array<number>(order.length).fill(-2);
  const meet = (one: number, other: number): number => {
    let [a, b] = [one, other];
    while (a !== b) {
      if (a === -1 || b === -1) return -1;
      if (place[a]! > place[b]!) a = up[a]!;
      else b = up[b]!;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of order) {
      let found = roots.has(block) ? -1 : -2;
      for (const from of before[block]!) {
        if (up[from] !== -2) found = found === -2 ? from : meet(found, from);
      }
      if (found === -2) found = -1;
      if (up[block] !== found) {
        up[block] = found;
        changed = true;
      }
    }
  }
  return up;
}

/** The ancestor of a block, or the block itself, whose parent is `above`. */
function within(parent: number[], block: number, above: number): number {
  let at = block;
  while (parent[at] !== above && parent[at]! >= 0) at = parent[at]!;
  return at;
}

export function nested(count: number, ways: readonly Way[]): Nest {
  const next: number[][] = Array.from({ length: count }, () => []);
  const before: number[][] = Array.from({ length: count }, () => []);
  for (const { from, to } of ways) {
    next[from]!.push(to);
    before[to]!.push(from);
  }
  const starts = [0, ...before.keys()].filter((at) => at === 0 || !before[at]!.length);
  const order = ordered(next, starts.reverse());
  const parent = dominators(order, before, new Set(starts));
  const place = new Array<number>(count);
  order.forEach((block, at) => { place[block] = at; });
  const layer = new Array<number>(count).fill(0);
  const layers: number[][][] = Array.from({ length: count + 1 }, () => []);
  for (const block of order) {
    const above = parent[block]!;
    for (const from of before[block]!) {
      if (from === above || place[from]! >= place[block]!) continue;
      layer[block] = Math.max(layer[block]!, layer[within(parent, from, above)]! + 1);
    }
    (layers[above < 0 ? count : above]![layer[block]!] ??= []).push(block);
  }
  for (const list of layers.flat()) list.sort((a, b) => a - b);
  return { order, parent, layer, layers };
}
