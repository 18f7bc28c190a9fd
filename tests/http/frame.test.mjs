// WebSocket frames byte by byte: those that RFC 6455 allows, and those that it forbids.

import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { request } from "../lib/http.mjs";
import { startServer, until } from "../lib/server.mjs";

const scripts = { "frames.lua": `
local http, shared = require("lunette").http, require("lunette").shared
http.websocket("/ws", {
  open = function(conn) conn.data.n = 0 conn:send("hello") end,
  message = function(conn, text)
    conn.data.n = conn.data.n + 1
    conn:send(#text > 1000 and #text .. "" or conn.data.n .. " " .. text)
  end,
  close = function(_, code, reason) shared.set("last", code .. " " .. reason) end,
})
http.get("/last", function() return shared.get("last") or "" end)
` };

let server;
before(async () => { server = await startServer({ scripts }); });
after(() => server.stop());

const MASK = Buffer.from([1, 2, 3, 4]);
const lengthOf = (n) => {
  if (n < 126) return Buffer.from([0x80 | n]);
  if (n < 65536) return Buffer.from([0x80 | 126, n >> 8, n & 255]);
  const long = Buffer.alloc(9);
  long[0] = 0x80 | 127;
  long.writeBigUInt64BE(BigInt(n), 1);
  return long;
};
const frame = (head, payload = "", { claims } = {}) => {
  const data = Buffer.from(payload);
  return Buffer.concat([Buffer.from([head]), lengthOf(claims ?? data.length), MASK, data.map((byte, at) => byte ^ MASK[at % 4])]);
};
const [MORE_TEXT, MORE, LAST] = [0x01, 0x00, 0x80]; // first, middle and last fragment of a text
const [TEXT, BINARY, CLOSE, PING, PONG] = [0x81, 0x82, 0x88, 0x89, 0x8a];

// The frames that come after the server's greeting, until it ends or `enough` (of all bytes).
function talk(frames, { enough = () => false, pause = 0 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1", () => {
      socket.write("GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    });
    let got = Buffer.alloc(0), sent = false;
    const timer = setTimeout(() => { socket.destroy(); reject(new Error(`no end: ${got.toString("latin1")}`)); }, 60000);
    const say = async () => {
      sent = true;
      for (const part of frames) {
        socket.write(part);
        if (pause) await new Promise((next) => setTimeout(next, pause));
      }
    };
    socket.on("data", (data) => {
      got = Buffer.concat([got, data]);
      if (!sent && got.includes("hello")) say();
      if (sent && enough(got.toString("latin1"))) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => { clearTimeout(timer); resolve(split(got.subarray(got.indexOf("hello") + 5))); });
  });
}
function split(bytes) {
  const list = [];
  while (bytes.length >= 2) {
    const long = bytes[1] === 126 ? 2 : 0, size = long ? bytes.readUInt16BE(2) : bytes[1];
    list.push({ head: bytes[0], payload: bytes.subarray(2 + long, 2 + long + size) });
    bytes = bytes.subarray(2 + long + size);
  }
  return list;
}
const texts = (list) => list.filter(({ head }) => head === TEXT).map(({ payload }) => payload.toString());
const closed = async (frames, code, options) => {
  const list = await talk(frames, options), last = list.at(-1);
  assert.equal(last?.head, CLOSE, `a close frame: ${JSON.stringify(list)}`);
  assert.equal(last.payload.readUInt16BE(0), code);
  return list;
};
const bye = frame(CLOSE, Buffer.from([3, 232]));

describe("messages", () => {
  for (const size of [0, 1, 125, 126, 127, 128, 4000, 65535, 65536, 1 << 20]) {
    test(`a text of ${size} bytes`, async () => {
      const text = "x".repeat(size);
      const list = await closed([frame(TEXT, text), bye], 1000);
      assert.deepEqual(texts(list), [size > 1000 ? `${size}` : `1 ${text}`]);
    });
  }
  test("one byte at a time", async () => {
    const bytes = Buffer.concat([frame(TEXT, "slow"), bye]);
    assert.deepEqual(texts(await closed([...bytes].map((byte) => Buffer.from([byte])), 1000, { pause: 2 })), ["1 slow"]);
  });
  test("fragments, with pings and pongs in between", async () => {
    const list = await closed([frame(MORE_TEXT, "one "), frame(PING, "p"), frame(MORE, "two "), frame(PONG, "unasked"), frame(MORE),
      frame(LAST, "three"), bye], 1000);
    assert.deepEqual(texts(list), ["1 one two three"]);
    assert.equal(list.find(({ head }) => head === PONG).payload.toString(), "p");
  });
  test("a character that is cut between fragments", async () => {
    const text = Buffer.from("ü€😀");
    const parts = [...text].map((byte, at) => frame(at === 0 ? MORE_TEXT : at === text.length - 1 ? LAST : MORE, [byte]));
    assert.deepEqual(texts(await closed([...parts, bye], 1000)), ["1 ü€😀"]);
  });
  test("more than 1 MiB: 1009, from a frame's head alone", async () => {
    await closed([frame(TEXT, "", { claims: (1 << 20) + 1 })], 1009);
    await closed([frame(TEXT, "", { claims: 2 ** 40 })], 1009);
    await closed([frame(MORE_TEXT, "x".repeat(60000)), frame(LAST, "", { claims: 1 << 20 })], 1009);
  });
  test("no UTF-8: 1007", async () => {
    for (const bytes of [[0xff, 0xfe], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xf8, 0x88, 0x80, 0x80, 0x80]]) {
      await closed([frame(TEXT, bytes)], 1007);
    }
    await closed([frame(MORE_TEXT, [0xce]), frame(LAST, [0x41])], 1007);
  });
  test("binary: 1003", () => closed([frame(BINARY, "x")], 1003));
});

describe("control frames", () => {
  for (const size of [0, 1, 125]) {
    test(`a ping of ${size} bytes is answered with its bytes`, async () => {
      const data = Buffer.from(Array.from({ length: size }, (_, at) => at + 130));
      const list = await closed([frame(PING, data), bye], 1000);
      assert.deepEqual(list.find(({ head }) => head === PONG).payload, data);
    });
  }
  test("ten pings, ten pongs, in order", async () => {
    const list = await closed([...Array.from({ length: 10 }, (_, at) => frame(PING, `${at}`)), bye], 1000);
    assert.deepEqual(list.filter(({ head }) => head === PONG).map(({ payload }) => payload.toString()).join(""), "0123456789");
  });
  test("a ping of 126 bytes: 1002", () => closed([frame(PING, "x".repeat(126))], 1002));
  test("a ping, a pong and a close in fragments: 1002", async () => {
    for (const head of [0x09, 0x0a, 0x08]) await closed([frame(head, "")], 1002);
  });
  test("a pong that nobody asked for is ignored", async () => {
    assert.deepEqual(texts(await closed([frame(PONG, "x"), frame(TEXT, "a"), bye], 1000)), ["1 a"]);
  });
});

describe("the end", () => {
  const closing = (code, reason = "") => frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
  for (const code of [1000, 1001, 1002, 1003, 1007, 1011, 1012, 3000, 3999, 4000, 4999]) {
    test(`the code ${code} comes back, and to the script`, async () => {
      await closed([closing(code, "why")], code);
      await until(async () => (await request(`${server.url}/last`)).text === `${code} why`, { what: "the script's close" });
    });
  }
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535]) {
    test(`the code ${code} is none: 1002`, () => closed([closing(code)], 1002));
  }
  test("no code: 1000", () => closed([frame(CLOSE)], 1000));
  test("half a code: 1002", () => closed([frame(CLOSE, "x")], 1002));
  test("a reason that is no UTF-8: 1007", () => closed([closing(1000, Buffer.from([0xff]))], 1007));
  test("a reason of 123 bytes", () => closed([closing(1000, "x".repeat(123))], 1000));
  test("nothing is run after a close", async () => {
    assert.deepEqual(texts(await closed([frame(TEXT, "a"), bye, frame(TEXT, "b"), frame(PING, "c")], 1000)), ["1 a"]);
  });
});

describe("what no frame is: 1002", () => {
  test("reserved bits", async () => { for (const bit of [0x40, 0x20, 0x10]) await closed([frame(TEXT | bit, "x")], 1002); });
  test("unknown opcodes", async () => { for (const opcode of [3, 7, 11, 15]) await closed([frame(0x80 | opcode, "x")], 1002); });
  test("no mask", () => closed([Buffer.from([TEXT, 1, 0x78])], 1002));
  test("a fragment of nothing", async () => { await closed([frame(LAST, "x")], 1002); await closed([frame(MORE, "x")], 1002); });
  test("a message in the middle of another", () => closed([frame(MORE_TEXT, "x"), frame(TEXT, "y")], 1002));
  test("a length in a longer form than it needs", async () => {
    await closed([Buffer.concat([Buffer.from([TEXT, 0xfe, 0, 1]), MASK, Buffer.from("x")])], 1002);
    await closed([Buffer.concat([Buffer.from([TEXT, 0xff, 0, 0, 0, 0, 0, 0, 0, 1]), MASK, Buffer.from("x")])], 1002);
  });
});
