// Starts `lunette serve` for a test on a free port, and ends it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const binary = process.env.LUNETTE ?? "build/lunette";

/** Is it the sanitizers' build? Its memory is no measure. */
export const sanitized = readFileSync(binary).includes("__asan_init");

/** The token of servers started with { token: true }. */
export const token = "a-token-for-tests";

/** A folder for files of one test; ends with it. */
export function folder(files = {}, mode = 0o644) {
  const path = mkdtempSync(join(tmpdir(), "lunette-test-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode });
  return { path, file: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs the binary (or another command) to its end: { code, stdout, stderr }. */
export async function run(args, { env = {}, timeout = 120000, command = binary } = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, timeout });
  let stdout = "", stderr = "";
  child.stdout.on("data", (data) => { stdout += data; });
  child.stderr.on("data", (data) => { stderr += data; });
  const [code, signal] = await once(child, "close");
  return { code, signal, stdout, stderr };
}

/**
 * Starts a server; resolves when it listens. `scripts` (name to text) are written to a folder
 * and given with --script; `token: true` allows writing with `token`; `under` is a command that
 * starts it, such as ["setpriv", …].
 * stop() ends it by SIGTERM and resolves to { code, signal }.
 */
export async function startServer({ args = [], env = {}, scripts, token: withToken, under = [] } = {}) {
  const files = folder(scripts ?? {});
  const given = ["serve", "--listen", "127.0.0.1:0", ...args];
  if (scripts) given.push("--script", files.path);
  if (withToken) {
    const secrets = folder({ token }, 0o600);
    given.push("--allow-write", "--token-file", secrets.file("token"));
    files.secrets = secrets;
  }
  const [command, ...rest] = [...under, binary, ...given];
  const child = spawn(command, rest, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  let stdout = "", stderr = "";
  child.stderr.on("data", (data) => { stderr += data; });
  const clean = () => { files.remove(); files.secrets?.remove(); };
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (data) => {
      stdout += data;
      const found = /listening on (\S+)/.exec(stdout);
      if (found) resolve(found[1].replace(/\/$/, ""));
    });
    child.on("close", (code) => reject(new Error(`lunette serve ended with ${code}: ${stderr}`)));
    child.on("error", reject);
  }).catch((error) => { clean(); throw error; });
  return {
    url, port: Number(new URL(url).port), pid: child.pid, scripts: files,
    stderr: () => stderr, stdout: () => stdout,
    /** Waits for a line of the log: it comes by another way than the answer. */
    logged: (pattern) => until(() => pattern.exec(stderr), { what: `${pattern} in the log` }),
    kill: (signal) => child.kill(signal),
    async stop(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code, by] = await closed;
      clean();
      const bad = /(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:)[^]*/.exec(stderr);
      if (bad) throw new Error(bad[0]);
      return { code, signal: by };
    },
  };
}

/** Waits until fn() is true (or resolves to something true), and returns it. The time is for machines that are busy. */
export async function until(fn, { timeout = 60000, what = "the condition" } = {}) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
