// Helpers for tests of the command line: running it, and maps with known content.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";

export const build = process.env.LUNETTE_BUILD ?? "build";
export const binary = process.env.LUNETTE ?? `${build}/lunette`;

// Runs the binary: { status, stdout, stderr }.
export function lunette(...args) {
  const options = typeof args.at(-1) === "object" ? args.pop() : {};
  return spawnSync(binary, args.map(String), { encoding: "utf8", timeout: 120000, maxBuffer: 1 << 28,
    ...options });
}

// What a command prints as JSON; it must succeed.
export function answer(...args) {
  const run = lunette(...args);
  if (run.status !== 0) {
    throw new Error(`${args.join(" ")}: exit ${run.status}: ${run.stderr}${run.stdout}`);
  }
  return JSON.parse(run.stdout);
}

// Maps and a program of tests/bpf/cli.bpf.c: { ids, close() }.
export async function hold() {
  const child = spawn(binary, ["run", "tests/cli/hold.lua", `${build}/tests/bpf/cli.bpf.o`],
    { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (text) => resolve([text]));
    child.once("exit", (code) => reject(new Error(`hold.lua ended with ${code}`)));
  });
  return {
    ids: JSON.parse(line),
    close: () => new Promise((resolve) => {
      child.removeAllListeners("exit");
      child.once("exit", resolve);
      child.stdin.end();
    }),
  };
}
