// Objects that a child process holds during a test: maps of every type and programs to run, or many
// small ones.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { binary } from "../../lib/server.mjs";

/** What the script says of itself as JSON, and stop(). */
async function hold(name, ...args) {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(binary, ["run", script, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise((done) => child.on("close", done));
  let text = "";
  let errors = "";
  child.stderr.on("data", (data) => { errors += data; });
  const ids = await new Promise((resolve, reject) => {
    child.stdout.on("data", (data) => {
      text += data;
      if (text.includes("\n")) resolve(JSON.parse(text));
    });
    ended.then((code) => reject(new Error(`the fixtures ended with ${code}: ${errors}`)));
  });
  return {
    ...ids,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** { maps, programs: ids by name; pid; stop() }. */
export const holdFixtures = () => hold("map_types.lua");

/** So many objects of a hundred maps and five programs each: { pid, programs; stop() }. */
export const holdCrowd = (objects) => hold("crowd.lua", String(objects));

/** A hash of a million entries: { id; stop() }. */
export const holdMillion = () => hold("million.lua");

/** One of tests/bpf: { maps, programs: ids by name; pid; stop() }; "attach" attaches its programs. */
export const holdObject = (...args) => hold("object.lua", ...args);
