// Drawing graphs: positions of boxes, paths of lines, and saved drawings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hostGraph } from "./lib/graphs.mjs";
import { loadLib } from "./lib/units.mjs";

const { layGraph } = await loadLib("graph_layout");
const { ranks } = await loadLib("ranks");
const { spread } = await loadLib("layers");
const { hubsOf } = await loadLib("hubs");
const { beside, pathOf } = await loadLib("trace");
const { dotOf } = await loadLib("dot");

const size = { width: 178, height: 38 };
const ways = (text) => text.split(" ").filter(Boolean).map((word) => {
  const [from, to] = word.split(">").map(Number);
  return { from, to };
});
const named = (list) => list.map(({ from, to }) => ({ from: `n${from}`, to: `n${to}` }));
const ids = (count) => Array.from({ length: count }, (_, at) => `n${at}`);

const reaches = ({ x, y }, box) => Math.abs(x - box.x) <= box.width / 2 + 0.1 &&
  Math.abs(y - box.y) <= box.height / 2 + 0.1;

/** The boxes keep apart and in the drawing, every line joins its own two, and none that is upright
 *  or level goes through another one. */
function check(names, edges) {
  const layout = layGraph(names, edges, size);
  const boxes = [...layout.nodes];
  assert.equal(boxes.length, names.length);
  const inside = (box, x0, x1, y0, y1) =>
    x1 > box.x - box.width / 2 + 0.1 && x0 < box.x + box.width / 2 - 0.1 &&
    y1 > box.y - box.height / 2 + 0.1 && y0 < box.y + box.height / 2 - 0.1;
  boxes.forEach(([one, a], at) => {
    const [left, right] = [a.x - a.width / 2, a.x + a.width / 2];
    const [top, bottom] = [a.y - a.height / 2, a.y + a.height / 2];
    assert.ok(left >= -0.1 && right <= layout.width + 0.1 && top >= -0.1 &&
      bottom <= layout.height + 0.1, `${one} out of the drawing`);
    for (const [other, b] of boxes.slice(at + 1)) {
      assert.ok(!inside(b, left, right, top, bottom), `${one} over ${other}`);
    }
  });
  layout.edges.forEach(({ from, to, points }, at) => {
    assert.deepEqual({ from, to }, { from: edges[at].from, to: edges[at].to });
    if (from === to) return;
    assert.ok(reaches(points[0], layout.nodes.get(from)), `${from} to ${to} begins there`);
    assert.ok(reaches(points.at(-1), layout.nodes.get(to)), `${from} to ${to} ends there`);
    points.slice(1).forEach((b, n) => {
      const a = points[n];
      if (a.x !== b.x && a.y !== b.y) return;
      for (const [name, box] of boxes) {
        assert.ok(!inside(box, Math.min(a.x, b.x), Math.max(a.x, b.x), Math.min(a.y, b.y),
          Math.max(a.y, b.y)), `${from} to ${to} goes through ${name}`);
      }
    });
  });
  return layout;
}

test("what is joined goes to the right, and what closes a circle back", () => {
  const { rank, routes } = ranks(4, ways("0>1 1>2 2>1 0>3 2>3"));
  assert.deepEqual(rank.slice(0, 4), [0, 1, 2, 3]);
  assert.deepEqual(routes.map(({ turned }) => turned), [false, false, true, false, false]);
  assert.equal(routes[3].stops.length, 4, "it stops in each column that it passes");
});

test("what nothing leads to stands next to what it leads to", () => {
  assert.deepEqual(ranks(4, ways("0>1 1>2 3>2")).rank.slice(0, 4), [0, 1, 2, 1]);
});

test("columns are ordered so that lines do not cross", () => {
  const { columns } = ranks(6, ways("0>5 1>4 2>3"));
  const place = (node) => columns.flatMap((column) => column.indexOf(node)).find((at) => at >= 0);
  assert.deepEqual([place(5), place(4), place(3)], [place(0), place(1), place(2)]);
});

test("places keep apart and are as near as can be to the wishes", () => {
  assert.deepEqual(spread([0, 100, 5], () => 10), [0, 47.5, 57.5]);
  assert.deepEqual(spread([5, 5, 5], () => 10), [-5, 5, 15]);
  assert.deepEqual(spread([], () => 10), []);
});

test("boxes and lines keep apart, in every form of graph", () => {
  check([], []);
  check(ids(1), []);
  check(ids(7), []);
  check(ids(2), named(ways("0>1 0>1 1>0"))); // joined in several ways
  check(ids(2), named(ways("0>0 0>1")));
  check(ids(6), named(ways("0>1 1>2 2>0 3>4 4>5 5>3"))); // circles
  check(ids(60), named(Array.from({ length: 40 }, (_, at) => ({ from: at, to: (at * 7) % 20 }))));
  check(ids(300), named(Array.from({ length: 299 }, (_, at) => ({ from: 0, to: at + 1 }))));
  check(ids(300), named(Array.from({ length: 299 }, (_, at) => ({ from: at + 1, to: 0 }))));
  check(ids(200), named(Array.from({ length: 199 }, (_, at) => ({ from: at, to: at + 1 }))));
});

test("and in graphs by chance", () => {
  let seed = 11;
  const next = (most) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return (seed >> 8) % most;
  };
  for (let round = 0; round < 40; round++) {
    const count = 2 + next(120);
    const few = 1 + next(count);
    check(ids(count), named(Array.from({ length: next(3 * count) }, () =>
      ({ from: next(count), to: next(few) }))));
  }
});

test("a host's graph is as wide as a screen: what most hangs on stands beside the rest", () => {
  for (const count of [150, 500]) {
    const { nodes, edges } = hostGraph(count);
    const { width, height, nodes: boxes } = check(nodes.map(({ id }) => id), edges);
    assert.ok(width > height && width < 4 * height, `${count} nodes: ${width} x ${height}`);
    const left = nodes.filter(({ id }) => boxes.get(id).x < size.width);
    assert.ok(left.some(({ label }) => label === "cilium-agent"));
  }
});

test("busy nodes are those without which the rest falls apart", () => {
  const { nodes, edges } = hostGraph(150);
  const number = new Map(nodes.map(({ id }, at) => [id, at]));
  const hubs = hubsOf(nodes.length, edges.map(({ from, to }) =>
    ({ from: number.get(from), to: number.get(to) })));
  const labels = hubs.all.map((hub) => nodes[hub].label);
  assert.equal(labels[0], "cilium-agent");
  assert.equal(labels.length, 13);
  assert.deepEqual([...hubs.left], [hubs.all[0]]);
  assert.equal(hubsOf(30, ways(Array.from({ length: 29 }, (_, at) => `${at}>${at + 1}`).join(" "))),
    undefined, "in a chain nothing is busy");
});

test("fifteen hundred nodes take no longer than they should", (t) => {
  const { nodes, edges } = hostGraph(1500);
  const began = process.cpuUsage();
  layGraph(nodes.map(({ id }) => id), edges, size);
  const took = process.cpuUsage(began).user / 1000;
  t.diagnostic(`${nodes.length} nodes, ${edges.length} edges: ${took.toFixed(0)} ms`);
  assert.ok(took < 10_000, `${took} ms`);
});

test("what lines take together is drawn once, and corners are round", () => {
  const trunk = [{ x: 0, y: 0 }, { x: 0, y: 50 }];
  assert.equal(pathOf([trunk, [{ x: 0, y: 100 }, { x: 0, y: 30 }]]), "M0.0 0.0V100.0");
  assert.equal(pathOf([trunk, [{ x: 0, y: 70 }, { x: 0, y: 90 }]]),
    "M0.0 0.0V50.0M0.0 70.0V90.0");
  assert.equal(pathOf([[{ x: 0, y: 0 }, { x: 40, y: 0 }, { x: 40, y: 40 }]]),
    "M40.0 9.0V40.0M0.0 0.0H31.0M31.0 0.0Q40.0 0.0 40.0 9.0");
  assert.equal(pathOf([[], [{ x: 1, y: 1 }]]), "");
});

test("arrow keys go to the box beside", () => {
  const layout = layGraph(ids(4), named(ways("0>1 0>2 1>3")), size);
  assert.equal(beside(layout, "n0", "ArrowRight"), "n1");
  assert.equal(beside(layout, "n1", "ArrowLeft"), "n0");
  assert.equal(beside(layout, "n0", "ArrowLeft"), undefined);
  assert.equal(beside(layout, "gone", "ArrowLeft"), undefined);
  assert.equal(beside(layout, "n0", "Enter"), undefined);
});

test("a graph is text for Graphviz, whatever is in its names", () => {
  assert.equal(dotOf({
    nodes: [{ id: "map:1", kind: "MAP", label: 'a"b\\c', detail: "Hash" },
      { id: "prog:2", kind: "PROGRAM", label: "p", detail: null }],
    edges: [{ from: "prog:2", to: "map:1", kind: "TAIL_CALL" }],
  }), `digraph lunette {
  rankdir=LR;
  node [shape=box];
  "map:1" [label="a\\"b\\\\c\\nHash"];
  "prog:2" [label="p"];
  "prog:2" -> "map:1" [label="tail_call"];
}
`);
});
