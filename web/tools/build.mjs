// Bundles src/ into dist/: index.html, hashed assets, and GraphiQL on a page of its own. The first
// page is few files: first.ts, which asks the server at once, main.tsx with all that it needs, and
// its style. With --watch it builds again at every change (serve with --root to see it).

import * as esbuild from "esbuild";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(web, "dist");
const watch = process.argv.includes("--watch");

const options = {
  absWorkingDir: web,
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  alias: { "@gen": join(web, "gen") },
  loader: { ".woff2": "file" },
  legalComments: "none",
  minify: !watch,
  sourcemap: watch ? "linked" : false,
  outdir: dist,
  entryNames: "assets/[name]-[hash]",
  chunkNames: "assets/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
  metafile: true,
  logLevel: "warning",
};

const url = (path) => "/" + relative("dist", path);

/** The name of the output that a source is in. */
const outputWith = (metafile, source) =>
  Object.entries(metafile.outputs).find(([, { inputs }]) => inputs[source])[0];

/** A script and the files that it imports at once. */
function modulesOf(metafile, name, found = new Set()) {
  found.add(name);
  for (const { path, kind } of metafile.outputs[name].imports) {
    if (kind === "import-statement" && !found.has(path)) modulesOf(metafile, path, found);
  }
  return found;
}

const fontsOf = (metafile) =>
  Object.keys(metafile.outputs).filter((name) => name.endsWith(".woff2"));

function headOf({ first, main }) {
  const [script, ...modules] = modulesOf(main, outputWith(main, "src/main.tsx"));
  return [
    `<script src="${url(outputWith(first, "src/first.ts"))}"></script>`,
    `<link rel="stylesheet" href="${url(outputWith(main, "src/style/index.css"))}">`,
    `<script type="module" src="${url(script)}"></script>`,
    ...modules.map((path) => `<link rel="modulepreload" href="${url(path)}">`),
    ...fontsOf(main).map((path) =>
      `<link rel="preload" href="${url(path)}" as="font" type="font/woff2" crossorigin>`),
  ];
}

/** Where the entry point lies in a script that others need too, its own file is never fetched. */
function dropEntry({ main }) {
  const [name] = Object.entries(main.outputs)
    .find(([, { entryPoint }]) => entryPoint === "src/main.tsx");
  if (name !== outputWith(main, "src/main.tsx")) rmSync(join(web, name));
}

function writeIndex(built) {
  const text = readFileSync(join(web, "static/index.html"), "utf8")
    .replace("<!-- assets -->", headOf(built).join("\n  "));
  writeFileSync(join(dist, "index.html"), text);
}

/** The packages whose code is in the bundle, and those that are copied beside it. */
function packagesOf({ main, first }) {
  const names = new Set(["react", "react-dom", "graphiql", "graphql", "graphql-ws"]);
  for (const path of Object.keys({ ...main.inputs, ...first.inputs })) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (name) names.add(name);
  }
  return [...names].sort();
}

/** Scripts and fonts are minified, without their licences: these are a file of their own. */
function writeLicenses(built) {
  const texts = packagesOf(built).map((name) => {
    const folder = join(web, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  writeFileSync(join(dist, "licenses.txt"), texts.join(`\n${"-".repeat(72)}\n\n`));
}

function copyStatic() {
  cpSync(join(web, "static"), dist, {
    recursive: true, filter: (path) => basename(path) !== "index.html",
  });
}

/** GraphiQL's own files. Its style sheet brings fonts as data: URLs, which our policy refuses. */
async function buildGraphiql() {
  const out = join(dist, "graphiql");
  mkdirSync(out, { recursive: true });
  const modules = join(web, "node_modules");
  const files = [
    "react/umd/react.production.min.js", "react-dom/umd/react-dom.production.min.js",
    "graphiql/graphiql.min.js",
  ];
  for (const file of files) cpSync(join(modules, file), join(out, basename(file)));
  const css = readFileSync(join(modules, "graphiql/graphiql.min.css"), "utf8")
    .replace(/@font-face\s*\{[^}]*\}/g, "").replace(/@import[^;]*;/g, "");
  writeFileSync(join(out, "graphiql.min.css"), css);
  for (const file of ["index.html", "page.css"]) {
    cpSync(join(web, "graphiql", file), join(out, file));
  }
  await esbuild.build({
    ...options, entryPoints: ["graphiql/page.js"], format: "iife", metafile: false,
    outdir: out, entryNames: "[name]",
  });
}

const built = {};

/** Notes what was built by this name; the index is written when both parts are there. */
const noted = (name) => ({
  name: "noted",
  setup(build) {
    build.onEnd((result) => {
      if (!result.errors.length) built[name] = result.metafile;
      if (name === "main" && built.main) dropEntry(built);
      if (!built.first || !built.main) return;
      writeIndex(built);
      writeLicenses(built);
    });
  },
});

/**
 * What is fetched later is said to need all of the first page, which is there by then: so nothing
 * of that is in a file of its own, to be fetched before the page is there.
 */
const onePiece = {
  name: "one-piece",
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => (
      kind === "dynamic-import" ? { path: join(resolveDir, path), namespace: "later" } : null));
    build.onLoad({ filter: /.*/, namespace: "later" }, ({ path }) => ({
      contents: `import ${JSON.stringify(join(web, "src/main"))};
        export * from ${JSON.stringify(path)};`,
      resolveDir: web,
    }));
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
copyStatic();
await buildGraphiql();
const parts = [
  { ...options, entryPoints: ["src/first.ts"], format: "iife", plugins: [noted("first")] },
  {
    ...options, entryPoints: ["src/main.tsx", "src/style/index.css"], splitting: true,
    plugins: [onePiece, noted("main")],
  },
];
for (const part of parts) {
  if (watch) await (await esbuild.context(part)).watch();
  else await esbuild.build(part);
}
