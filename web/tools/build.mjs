// Bundles src/main.tsx into dist/: index.html, hashed assets, and GraphiQL on a page of its own.
// With --watch it builds again at every change (serve with --root to see it).

import * as esbuild from "esbuild";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** Output files of the entry point, and the fonts that the first page shows. */
function outputs(metafile) {
  const names = Object.entries(metafile.outputs);
  const entry = (source) => names.find(([, out]) => out.entryPoint === source);
  const [script, main] = entry("src/main.tsx");
  const fonts = names.map(([name]) => name).filter((name) => name.endsWith(".woff2"));
  const url = (path) => "/" + relative("dist", path);
  return { script: url(script), style: url(main.cssBundle), fonts: fonts.map(url) };
}

function writeIndex(metafile) {
  const { script, style, fonts } = outputs(metafile);
  const preloads = fonts.map((font) =>
    `<link rel="preload" href="${font}" as="font" type="font/woff2" crossorigin>`);
  const text = readFileSync(join(web, "static/index.html"), "utf8")
    .replace("<!-- assets -->", [
      ...preloads,
      `<link rel="stylesheet" href="${style}">`,
      `<script type="module" src="${script}"></script>`,
    ].join("\n  "));
  writeFileSync(join(dist, "index.html"), text);
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

const indexPlugin = {
  name: "index",
  setup(build) {
    build.onEnd((result) => {
      if (!result.errors.length) writeIndex(result.metafile);
    });
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
copyStatic();
await buildGraphiql();
const main = {
  ...options, entryPoints: ["src/main.tsx"], splitting: true, plugins: [indexPlugin],
};
if (watch) await (await esbuild.context(main)).watch();
else await esbuild.build(main);
