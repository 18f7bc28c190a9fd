// Drawing control flow: nesting, layout, and search.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLib } from "./lib/units.mjs";

const { nested } = await loadLib("nest");
const { layFlow } = await loadLib("flow_layout");
const { blocksOf, found, shownOf } = await loadLib("flow");
const { centred, drawnPart, fitted, overflows, shownPart, zoomed } = await loadLib("view");

const ways = (text) => text.split(" ").map((word) => {
  const [from, to] = word.split(">").map(Number);
  return { from, to };
});

test("what follows both cases stands in the block that chooses", () => {
  const { parent, layer, layers } = nested(4, ways("0>1 0>2 1>3 2>3"));
  assert.deepEqual(parent, [-1, 0, 0, 0]);
  assert.deepEqual(layer, [0, 0, 0, 1]);
  assert.deepEqual(layers[0], [[1, 2], [3]]);
});

test("a loop stands in its head, and what is never reached stands alone", () => {
  const { parent, layers } = nested(5, ways("0>1 1>2 2>1 1>3"));
  assert.deepEqual(parent, [-1, 0, 1, 1, -1]);
  assert.deepEqual(layers[5], [[0, 4]]);
  assert.deepEqual(nested(3, ways("1>2 2>1")).parent[0], -1);
});

const size = { width: 100, height: 30 };

/** The blocks do not overlap, and no way runs through a block. */
function check(count, list) {
  const layout = layFlow(Array.from({ length: count }, () => size), list);
  const boxes = [...layout.nodes];
  const inside = (box, x0, x1, y0, y1) => x1 > box.x - box.width / 2 + 0.1 &&
    x0 < box.x + box.width / 2 - 0.1 && y1 > box.y - box.height / 2 + 0.1 &&
    y0 < box.y + box.height / 2 - 0.1;
  boxes.forEach(([one, a], at) => {
    assert.ok(a.x - 50 >= -0.1 && a.x + 50 <= layout.width + 0.1, `${one} out of the drawing`);
    assert.ok(a.y - 15 >= -0.1 && a.y + 15 <= layout.height + 0.1, `${one} out of the drawing`);
    for (const [other, b] of boxes.slice(at + 1)) {
      assert.ok(!inside(a, b.x - 50, b.x + 50, b.y - 15, b.y + 15), `${one} over ${other}`);
    }
  });
  for (const { from, to, points } of layout.edges) {
    points.slice(1).forEach((end, at) => {
      const start = points[at];
      assert.ok(start.x === end.x || start.y === end.y, "ways are upright or level");
      for (const [name, box] of boxes) {
        const through = inside(box, Math.min(start.x, end.x), Math.max(start.x, end.x),
          Math.min(start.y, end.y), Math.max(start.y, end.y));
        assert.ok(!through, `${from} to ${to} runs through ${name}`);
      }
    });
  }
  return layout;
}

test("blocks and ways keep apart, in every form of program", () => {
  check(1, []);
  check(4, ways("0>1 0>2 1>3 2>3"));
  check(6, ways("0>1 0>5 1>2 1>5 2>3 2>5 3>4 3>5 4>5"));
  check(5, ways("0>1 1>2 2>3 2>1 3>1 3>4 0>4"));
  check(4, ways("0>0 0>1 1>1 1>2 2>0 2>3"));
  check(6, ways("0>1 0>2 1>2 2>1 1>3 2>4 3>5 4>5")); // a loop with two entrances
});

test("and in programs by chance", () => {
  let seed = 7;
  const next = (most) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % most;
  };
  for (let round = 0; round < 60; round++) {
    const count = 5 + next(40);
    const list = [];
    for (let at = 0; at < count - 1; at++) {
      list.push({ from: at, to: at + 1 });
      const back = next(8) === 0;
      const to = back ? next(at + 1) : at + 1 + next(count - at - 1);
      if (next(2) && to !== at + 1) list.push({ from: at, to });
    }
    check(count, list);
  }
});

test("five thousand blocks take no longer than they should", () => {
  const list = Array.from({ length: 4999 }, (_, at) => [
    { from: at, to: at + 1 }, ...(at % 3 ? [{ from: at, to: Math.min(4999, at + 3) }] : [])]).flat();
  const began = performance.now();
  layFlow(Array.from({ length: 5000 }, () => size), list);
  const took = performance.now() - began;
  assert.ok(took < 10_000, `${took} ms`);
});

const instructions = Array.from({ length: 40 }, (_, index) => ({
  index, text: index % 10 ? "r0 += 1" : "call bpf_ktime_get_ns#5",
  source: { line: index < 20 ? 7 : 8, text: index < 20 ? "  now();" : "  return later;" },
}));
const blocks = blocksOf({ blocks: [{ first: 0, last: 4 }, { first: 5, last: 39 }] }, instructions);

test("a long block shows its beginning and its end", () => {
  assert.equal(shownOf(blocks[0]).length, 5);
  const shown = shownOf(blocks[1]);
  assert.equal(shown.length, 14);
  assert.equal(shown[12].text, "… 22 more");
  assert.match(shown[13].text, /^39: /);
});

test("lines, helpers and source lines are found, hidden ones where they stand", () => {
  assert.deepEqual(found(blocks, "KTIME").map(({ at }) => at), [0, 10, 20, 30]);
  assert.deepEqual(found(blocks, "ktime")[3], { block: 1, shown: 12, at: 30 });
  assert.deepEqual(found(blocks, "return later").map(({ at }) => at), [20]);
  assert.deepEqual(found(blocks, "39:").map(({ shown }) => shown), [13]);
  assert.deepEqual(found(blocks, " "), []);
  assert.deepEqual(found(blocks, "nothing of that"), []);
});

test("a drawing is shown whole, or from where one starts", () => {
  const room = { width: 400, height: 300 };
  const layout = { width: 4000, height: 3000, nodes: new Map(), edges: [] };
  const start = { x: 2000, y: 20, width: 100, height: 40 };
  const view = fitted(layout, room, 0.8, start);
  assert.deepEqual(view, { x: 200 - 1600, y: 12, scale: 0.8 });
  assert.equal(overflows(layout, view, room), true);
  const whole = fitted(layout, room, 0);
  assert.equal(overflows(layout, whole, room), false);
  assert.deepEqual(fitted({ ...layout, width: 100, height: 50 }, room, 0.8),
    { x: 150, y: 125, scale: 1 });
  const part = shownPart(centred({ x: 10, y: 20 }, room, 2), room);
  assert.deepEqual(part, { x: -90, y: -55, width: 200, height: 150 });
  const there = zoomed({ x: 0, y: 0, scale: 1 }, 2, { x: 100, y: 50 });
  assert.deepEqual(there, { x: -100, y: -50, scale: 2 });
});

test("what is worth drawing changes only now and then", () => {
  const at = (x) => drawnPart({ x, y: 0, width: 200, height: 100 });
  assert.deepEqual(at(1), at(99));
  assert.notDeepEqual(at(99), at(101));
  for (const x of [0, 50, 99, 101]) {
    const { x: from, width } = at(x);
    assert.ok(from <= x - 100 && from + width >= x + 300, `${x}: ${from} + ${width}`);
  }
});
