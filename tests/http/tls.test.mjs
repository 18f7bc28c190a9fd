// TLS: certificates, clients' certificates, a new certificate without a restart, bad files.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { folder, run, startServer, until } from "../lib/server.mjs";

const files = folder();
const openssl = (...args) => execFileSync("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

function authority(name) {
  openssl("req", "-x509", ...CURVE, "-nodes", "-keyout", files.file(`${name}.key`), "-out",
    files.file(`${name}.pem`), "-subj", `/CN=${name}`, "-days", "2");
  chmodSync(files.file(`${name}.key`), 0o600);
}

/** A certificate for localhost by an authority; days below zero: it has expired. */
function certificate(name, by, days = 2) {
  const [key, csr, pem, extension] = ["key", "csr", "pem", "ext"].map((end) => files.file(`${name}.${end}`));
  writeFileSync(extension, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl("req", ...CURVE, "-nodes", "-keyout", key, "-out", csr, "-subj", `/CN=${name}`);
  openssl("x509", "-req", "-in", csr, "-CA", files.file(`${by}.pem`), "-CAkey", files.file(`${by}.key`),
    "-set_serial", String(Math.floor(Math.random() * 1e9)), "-days", String(days), "-extfile", extension, "-out", pem);
  chmodSync(key, 0o600);
}

before(() => {
  authority("ca");
  authority("strange");
  certificate("server", "ca");
  certificate("next", "ca");
  certificate("client", "ca");
  certificate("foreign", "strange");
  certificate("expired", "ca", -1);
});
after(() => files.remove());

const pem = (name) => readFileSync(files.file(name));
const TLS = () => ["--tls-cert", files.file("server.pem"), "--tls-key", files.file("server.key")];
const MUTUAL = () => [...TLS(), "--tls-client-ca", files.file("ca.pem")];
const client = (name) => (name ? { cert: pem(`${name}.pem`), key: pem(`${name}.key`) } : {});

/** GET: { status, text, subject } of the server's certificate. */
const ask = (server, { path = "/healthz", ...options } = {}) => new Promise((resolve, reject) => {
  https.get({ host: "127.0.0.1", servername: "localhost", port: server.port, path, agent: false,
    headers: { Host: `localhost:${server.port}` }, ca: pem("ca.pem"), ...options }, (answer) => {
    const subject = answer.socket.getPeerCertificate().subject?.CN;
    let text = "";
    answer.on("data", (data) => { text += data; });
    answer.on("end", () => resolve({ status: answer.statusCode, text, subject }));
  }).on("error", reject);
});

test("HTTPS by a private authority; others are refused by the client", async () => {
  const server = await startServer({ args: TLS() });
  try {
    assert.match(server.url, /^https:\/\//);
    assert.deepEqual([(await ask(server)).status, (await ask(server)).subject], [200, "server"]);
    assert.match((await ask(server, { path: "/metrics" })).text, /^# HELP/);
    await assert.rejects(ask(server, { ca: pem("strange.pem") }), /self.signed|unable to/);
    for (const version of ["TLSv1.2", "TLSv1.3"]) {
      assert.equal((await ask(server, { minVersion: version, maxVersion: version })).status, 200);
    }
    await assert.rejects(ask(server, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
      /protocol version|unsupported protocol/i);
  } finally { assert.equal((await server.stop()).code, 0); }
});

test("a WebSocket over TLS, and a request with a body", async () => {
  const server = await startServer({ args: TLS() });
  try {
    const socket = new WebSocket(`wss://localhost:${server.port}/graphql`, ["graphql-transport-ws"], { ca: pem("ca.pem"),
      origin: `https://localhost:${server.port}` });
    const told = new Promise((resolve, reject) => { socket.on("message", resolve); socket.on("error", reject); });
    socket.on("open", () => socket.send('{"type":"connection_init"}'));
    assert.deepEqual(JSON.parse(await told), { type: "connection_ack" });
    socket.terminate();
    const body = JSON.stringify({ query: `{ __typename #${"x".repeat(200000)}\n}` });
    const text = await new Promise((resolve, reject) => {
      const request = https.request({ host: "localhost", port: server.port, path: "/graphql", method: "POST", agent: false,
        ca: pem("ca.pem"), headers: { "Content-Type": "application/json", "Content-Length": body.length } }, (answer) => {
        let got = "";
        answer.on("data", (data) => { got += data; });
        answer.on("end", () => resolve(got));
      });
      request.on("error", reject);
      request.end(body);
    });
    assert.deepEqual(JSON.parse(text), { data: { __typename: "Query" } });
  } finally { assert.equal((await server.stop()).code, 0); }
});

test("a WebSocket that is read and written at the same time", async () => {
  const server = await startServer({ args: TLS() });
  try {
    const socket = new WebSocket(`wss://localhost:${server.port}/graphql`, ["graphql-transport-ws"], { ca: pem("ca.pem"),
      origin: `https://localhost:${server.port}` });
    await new Promise((resolve, reject) => { socket.on("open", resolve); socket.on("error", reject); });
    let answers = 0;
    socket.on("message", (data) => { answers += JSON.parse(data).type === "next"; });
    socket.send('{"type":"connection_init"}');
    const query = `{ __type(name: "Map") { fields { name description } } }`;
    for (let i = 0; i < 300; i++) {
      socket.send(JSON.stringify({ id: String(i), type: "subscribe", payload: { query } }));
      if (i % 20 === 0) await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    await until(() => answers === 300, { what: "300 answers" });
    socket.terminate();
  } finally { assert.equal((await server.stop()).code, 0); }
});

test("lunette query asks by TLS, and by a Unix socket", async () => {
  const path = files.file("query.sock");
  const server = await startServer({ args: [...MUTUAL(), "--listen", `unix:${path}`] });
  const ask = (...args) => run(["query", "{ __typename }", ...args], { env: { no_proxy: "*" } });
  const there = `https://localhost:${server.port}`;
  const own = ["--cert", files.file("client.pem"), "--key", files.file("client.key")];
  try {
    const answer = await ask("--server", there, "--ca", files.file("ca.pem"), ...own);
    assert.match(answer.stdout, /"__typename": ?"Query"/, answer.stderr);
    assert.match((await ask("--server", `unix:${path}`)).stdout, /"Query"/);
    const strange = await ask("--server", there, "--ca", files.file("strange.pem"), ...own);
    assert.equal(strange.code, 1);
    assert.match(strange.stderr, /^lunette: https:\S+: [^\n]*certificate[^\n]*\n$/);
    assert.equal((await ask("--server", there, "--ca", files.file("ca.pem"))).code, 1);
    assert.match((await ask("--server", "unix:/nonexistent")).stderr, /no server answers at unix:\/nonexistent: No such file/);
    const plain = await ask("--server", `http://localhost:${server.port}`);
    assert.match(plain.stderr, /no answer of lunette serve \(status 400\)/);
  } finally { assert.equal((await server.stop()).code, 0); }
});

test("clients' certificates: none, a foreign and an expired one are refused", async () => {
  const server = await startServer({ args: MUTUAL() });
  try {
    assert.equal((await ask(server, client("client"))).status, 200);
    for (const name of [undefined, "foreign", "expired"]) {
      await assert.rejects(ask(server, client(name)), /alert|socket hang up|ECONNRESET|EPIPE/, name ?? "none");
    }
    assert.equal((await ask(server, client("client"))).status, 200);
  } finally { assert.equal((await server.stop()).code, 0); }
});

const replace = (name, text) => {
  writeFileSync(files.file(`${name}.new`), text, { mode: 0o600 });
  renameSync(files.file(`${name}.new`), files.file(name));
};

test("a certificate that is replaced is taken at once, one that is broken is not", async () => {
  replace("both.pem", Buffer.concat([pem("server.pem"), pem("server.key")]));
  const server = await startServer({ args: ["--tls-cert", files.file("both.pem")] });
  const subject = () => ask(server).then((answer) => answer.subject);
  try {
    assert.equal(await subject(), "server");
    replace("both.pem", Buffer.concat([pem("next.pem"), pem("next.key")]));
    await until(async () => await subject() === "next", { what: "the new certificate" });
    replace("both.pem", "no certificate");
    await until(async () => {
      assert.equal(await subject(), "next");
      return /the certificate before stays: .*both\.pem: no certificate in PEM/.test(server.stderr());
    }, { what: "the error in the log" });
    replace("both.pem", Buffer.concat([pem("server.pem"), pem("server.key")]));
    await until(async () => await subject() === "server", { what: "the first certificate again" });
  } finally { assert.equal((await server.stop()).code, 0); }
});

test("files that can't be used end the start, by name", async () => {
  writeFileSync(files.file("garbage.pem"), "garbage\n", { mode: 0o600 });
  openssl("ec", "-in", files.file("server.key"), "-aes128", "-passout", "pass:secret", "-out", files.file("locked.key"));
  chmodSync(files.file("locked.key"), 0o600);
  const cases = [
    [["--tls-cert", "/nonexistent.pem", "--tls-key", files.file("server.key")], 1, /\/nonexistent\.pem: no certificate in PEM: No such file/],
    [["--tls-cert", files.file("garbage.pem"), "--tls-key", files.file("server.key")], 1, /garbage\.pem: no certificate in PEM/],
    [["--tls-cert", files.file("server.pem"), "--tls-key", files.file("next.key")], 1, /next\.key: not the certificate's private key/],
    [["--tls-cert", files.file("server.pem"), "--tls-key", files.file("locked.key")], 1, /locked\.key: not the certificate's private key/],
    [[...TLS(), "--tls-client-ca", files.file("garbage.pem")], 1, /garbage\.pem: no certificate in PEM/],
    [["--tls-key", files.file("server.key")], 2, /need --tls-cert/],
  ];
  for (const [args, code, message] of cases) {
    const ended = await run(["serve", "--listen", "127.0.0.1:0", ...args]);
    assert.match(ended.stderr, message);
    assert.equal(ended.code, code);
  }
  chmodSync(files.file("server.key"), 0o644);
  const open = await run(["serve", "--listen", "127.0.0.1:0", ...TLS()]);
  chmodSync(files.file("server.key"), 0o600);
  assert.match(open.stderr, /every user can read or write this private key \(mode 644\)/);
});

test("who speaks plain HTTP to it is told", async () => {
  const server = await startServer({ args: TLS() });
  try {
    const answer = await new Promise((resolve, reject) => {
      http.get({ port: server.port, path: "/", agent: false }, (got) => {
        got.resume();
        got.on("end", () => resolve(got.statusCode));
      }).on("error", reject);
    });
    assert.equal(answer, 400);
  } finally { assert.equal((await server.stop()).code, 0); }
});

test("handshakes that dawdle keep nobody out", async () => {
  const server = await startServer({ args: [...TLS(), "--max-connections", "8"] });
  const sockets = Array.from({ length: 24 }, () => {
    const socket = net.connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("connect", () => socket.write(Buffer.from([0x16, 0x03, 0x01])));
    return socket;
  });
  try {
    await until(() => ask(server).then(({ status }) => status === 200, () => false), { what: "an answer" });
  } finally {
    for (const socket of sockets) socket.destroy();
    assert.equal((await server.stop()).code, 0);
  }
});

test("a session goes on after the handshake of another, on one kept connection", async () => {
  const server = await startServer({ args: TLS() });
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let i = 0; i < 20; i++) assert.equal((await ask(server, { agent })).status, 200);
    const socket = tls.connect({ port: server.port, host: "127.0.0.1", servername: "localhost", ca: pem("ca.pem") });
    await new Promise((resolve, reject) => { socket.on("secureConnect", resolve); socket.on("error", reject); });
    assert.match(socket.getProtocol(), /^TLSv1\.3$/);
    socket.destroy();
  } finally {
    agent.destroy();
    assert.equal((await server.stop()).code, 0);
  }
});
