// Requests of a browser or a hostile client: any header, any bytes.

import http from "node:http";
import net from "node:net";

/** One request: { status, headers, body, text, json() }. `body` may be a string or a Buffer. */
export function request(url, { method = "GET", headers = {}, body, agent, timeout = 120000 } = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request(url, { method, headers, agent, timeout }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const whole = Buffer.concat(parts), text = whole.toString("utf8");
        resolve({ status: answer.statusCode, headers: answer.headers, body: whole, text,
          json: () => JSON.parse(text) });
      });
    });
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error("timeout")));
    sent.end(body);
  });
}

/** Sends bytes as they are, and resolves to all that comes back until the end. */
export function raw(port, bytes, { timeout = 60000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.setTimeout(timeout, () => { socket.destroy(); resolve(text); });
    socket.on("data", (data) => { text += data.toString("latin1"); });
    socket.on("error", (error) => (text ? resolve(text) : reject(error)));
    socket.on("close", () => resolve(text));
  });
}
