// Starts and ends bpftrace with a script.

import { spawn } from "node:child_process";

const again = 2000;
const longest = 60_000;

/** { pid, child, closed, stop(): ends it as Ctrl-C does, so that it prints its maps }. */
export function startBpftrace(script, { args = [], stdio = "ignore" } = {}) {
  const child = spawn("bpftrace", [...args, "-e", script], { stdio });
  const closed = new Promise((done) => child.on("close", done));
  return {
    pid: child.pid, child, closed,
    async stop() {
      child.kill("SIGINT");
      // bpftrace 0.17 forgets a signal that comes while it attaches.
      const repeat = setInterval(() => child.kill("SIGINT"), again);
      const end = setTimeout(() => child.kill("SIGKILL"), longest);
      await closed;
      clearInterval(repeat);
      clearTimeout(end);
    },
  };
}
