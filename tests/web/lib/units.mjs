// The explorer's modules that need no browser, bundled for the tests.

import { fileURLToPath } from "node:url";
import { build } from "../../../web/node_modules/esbuild/lib/main.js";

const web = fileURLToPath(new URL("../../../web/", import.meta.url));

/** A module of web/src/lib by its name. */
export async function loadLib(name) {
  const { outputFiles } = await build({
    entryPoints: [`${web}src/lib/${name}.ts`], bundle: true, format: "esm", write: false,
    alias: { "@gen": `${web}gen` }, platform: "node",
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
