// The files that the browser loads for the first page, and the content security policy.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../../web/dist/", import.meta.url));
const skip = existsSync(join(dist, "index.html")) ? false : "web/dist is not built";

const index = () => readFileSync(join(dist, "index.html"), "utf8");

/** A module and everything that it imports statically. */
function modules(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, name] of text.matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g)) {
    modules(join(dirname(file), name), seen);
  }
  return seen;
}

/** The page's module. */
const script = (html) => join(dist, /<script type="module" src="([^"]+)"/.exec(html)[1]);

test("the first page is at most 100 kB, gzipped, fonts and all", { skip }, (t) => {
  const html = index();
  const urls = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, url]) => join(dist, url));
  const files = new Set([join(dist, "index.html"), ...urls, ...modules(script(html))]);
  let sum = 0;
  for (const file of files) sum += gzipSync(readFileSync(file), { level: 9 }).length;
  t.diagnostic(`first page: ${(sum / 1000).toFixed(1)} kB gzipped in ${files.size} files`);
  assert.ok(sum <= 100_000, `${sum} bytes`);
});

test("the first page fetches its scripts at once, none because another needs it", { skip }, () => {
  const html = index();
  const named = [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, url]) => join(dist, url));
  for (const file of modules(script(html))) assert.ok(named.includes(file), file);
});

test("no page has an inline script or anything from elsewhere", { skip }, () => {
  for (const html of [index(), readFileSync(join(dist, "graphiql/index.html"), "utf8")]) {
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/);
    assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//);
    assert.doesNotMatch(html, /\son\w+="/);
  }
});

test("nothing needs eval", { skip }, () => {
  for (const name of readdirSync(join(dist, "assets"))) {
    if (!name.endsWith(".js")) continue;
    const text = readFileSync(join(dist, "assets", name), "utf8");
    assert.doesNotMatch(text, /\beval\(|new Function\(/, name);
  }
});
