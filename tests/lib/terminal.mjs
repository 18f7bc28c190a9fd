// A program in a real terminal (tmux): typing, and reading the screen.
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

let count = 0;

// tmux now and then loses a program's exit code: the shell prints it instead.
const SHELL = 'trap : INT; "$@"; echo "[exit $?]"; exec sleep 3600';

export class Terminal {
  constructor(command, { columns = 80, rows = 24, env = {} } = {}) {
    this.socket = `lunette-${process.pid}-${count++}`;
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    this.tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows),
      "env", "LC_ALL=C.UTF-8", ...words, "sh", "-c", SHELL, "sh", ...command);
  }

  tmux(...args) {
    return execFileSync("tmux", ["-L", this.socket, ...args], {
      encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
  }

  // Types text as it is.
  type(text) {
    this.tmux("send-keys", "-l", "--", text);
  }

  // Presses keys by tmux's names: Enter, Tab, C-c, Up.
  press(...keys) {
    this.tmux("send-keys", ...keys);
  }

  enter(text) {
    this.type(text);
    this.press("Enter");
  }

  // The screen with what has scrolled off it, without spaces at the ends of lines.
  screen({ history = true } = {}) {
    const args = history ? ["-S", "-200"] : [];
    return this.tmux("capture-pane", "-p", ...args).replace(/[ \n]+$/, "\n");
  }

  // Waits until the screen matches.
  async until(pattern, { seconds = 60, history = true } = {}) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const text = this.screen({ history });
      if (pattern.test(text)) return text;
      if (Date.now() > end) throw new Error(`the screen never matched ${pattern}:\n${text}`);
      await sleep(50);
    }
  }

  resize(columns, rows) {
    this.tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  // The program's exit code, when it has ended.
  async ended(options) {
    return Number((await this.until(/\[exit (\d+)\]/, options)).match(/\[exit (\d+)\]/)[1]);
  }

  close() {
    try {
      this.tmux("kill-server");
    } catch {
      // it is gone already
    }
  }
}
