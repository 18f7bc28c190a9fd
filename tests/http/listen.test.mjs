// Listening addresses, and options refused at the start.

import assert from "node:assert/strict";
import { chmodSync, existsSync } from "node:fs";
import http from "node:http";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import WebSocket from "ws";
import { folder, run, startServer } from "../lib/server.mjs";

const ask = (options) => new Promise((resolve, reject) => {
  http.get(options, (answer) => {
    let text = "";
    answer.on("data", (data) => { text += data; });
    answer.on("end", () => resolve({ status: answer.statusCode, text }));
  }).on("error", reject);
});

describe("IPv6", { skip: !Object.values(networkInterfaces()).flat().some(({ address }) => address === "::1") && "no ::1 here" }, () => {
  test("[::1] is loopback; WebSockets and the end work", async () => {
    const server = await startServer({ args: ["--listen", "[::1]:0"] });
    const port = Number(/http:\/\/\[::1\]:(\d+)\//.exec(server.stdout())[1]);
    try {
      const answer = await ask({ host: "::1", port, path: "/healthz", headers: { Host: `[::1]:${port}` } });
      assert.equal(answer.status, 200);
      assert.ok(Array.isArray(JSON.parse(answer.text).errors), "it may read");
      const socket = new WebSocket(`ws://[::1]:${port}/graphql`, ["graphql-transport-ws"]);
      await new Promise((resolve, reject) => { socket.on("open", resolve); socket.on("error", reject); });
      socket.terminate();
      assert.notEqual(server.port, port, "beside IPv4");
      assert.equal((await ask({ host: "127.0.0.1", port: server.port, path: "/healthz" })).status, 200);
    } finally { assert.equal((await server.stop()).code, 0); }
  });
  test("all addresses need a token", async () => {
    const ended = await run(["serve", "--listen", "[::]:0"]);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /--token-file/);
  });
});

describe("a Unix socket", () => {
  test("is loopback, is removed at the end; one that a killed server left is taken over", async () => {
    const files = folder(), path = files.file("s.sock");
    try {
      for (const signal of ["SIGKILL", "SIGTERM"]) {
        const server = await startServer({ args: ["--listen", `unix:${path}`] });
        assert.match(server.stdout(), /listening on unix:\//);
        const answer = await ask({ socketPath: path, path: "/healthz", headers: { Host: "localhost" } });
        assert.equal(answer.status, 200);
        assert.ok(Array.isArray(JSON.parse(answer.text).errors), "it may read");
        if (signal === "SIGTERM") {
          const second = await run(["serve", "--listen", `unix:${path}`]);
          assert.notEqual(second.code, 0, "a socket in use is not taken over");
          assert.match(second.stderr, /in use/);
        }
        await server.stop(signal);
        assert.equal(existsSync(path), signal === "SIGKILL");
      }
    } finally { files.remove(); }
  });
  test("a file that is no socket stays", async () => {
    const files = folder({ file: "text" });
    const ended = await run(["serve", "--listen", `unix:${files.file("file")}`]);
    assert.notEqual(ended.code, 0);
    assert.ok(existsSync(files.file("file")));
    files.remove();
  });
  test("paths that are none", async () => {
    for (const path of ["", "relative", `/${"x".repeat(120)}`, "/a,b", "/a:b"]) {
      assert.equal((await run(["serve", "--listen", `unix:${path}`])).code, 2, path);
    }
  });
});

test("a token file that every user can read or write is refused", async () => {
  for (const mode of [0o644, 0o602]) {
    const files = folder({ token: "a-long-token" }, mode);
    chmodSync(files.file("token"), mode);
    const ended = await run(["serve", "--listen", "127.0.0.1:0", "--token-file", files.file("token")]);
    files.remove();
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /every user can read or write this file \(mode 6\d\d\): chmod 600/);
  }
});
