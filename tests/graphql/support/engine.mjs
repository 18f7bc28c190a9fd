// Our engine as a child process: one line in, one line out.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class Engine {
  constructor(command = [process.env.LUNETTE ?? "build/lunette", "run", "tests/graphql/driver.lua"]) {
    this.child = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    this.waiting = [];
    this.lines = createInterface({ input: this.child.stdout });
    this.lines.on("line", (line) => this.waiting.shift()?.resolve(JSON.parse(line)));
    this.child.on("close", (code) => {
      for (const { reject } of this.waiting) reject(new Error(`the engine ended with ${code}`));
    });
  }

  /** Asks, without waiting for what was asked before. */
  ask(message) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(`${JSON.stringify(message)}\n`);
    });
  }

  end() {
    this.child.stdin.end();
  }
}
