// The client of /graphql: queries by POST; subscriptions by graphql-transport-ws on one socket,
// which reconnects by itself. `connection` and `epoch` report its state to the pages.

import { signal } from "@preact/signals";
import { createClient, type Client } from "graphql-ws";
import type { Doc } from "@gen/queries";
import { ask, bodyOf, keptToken } from "./ask";

export interface GraphError { message: string; path?: (string | number)[] }

/** An error in words for the reader. */
export class ApiError extends Error {
  constructor(message: string, readonly status = 0, readonly errors: GraphError[] = []) {
    super(message);
  }
}

export interface Answer<Data> { data: Data; errors: GraphError[] }

/** live: connected; lost: disconnected, trying again. */
export const connection = signal<"connecting" | "live" | "lost">("connecting");

/** Counts reconnections: after each one, data must be read again. */
export const epoch = signal(0);

/** The token that allows writing; kept for this tab only. */
export const token = signal(keptToken());

/** True when the server has refused a request without a token. */
export const refused = signal(false);

export function setToken(value: string): void {
  token.value = value;
  if (value) sessionStorage.setItem("lunette.token", value);
  else sessionStorage.removeItem("lunette.token");
  refused.value = false;
  socket?.terminate();
  epoch.value++;
}

/** The answer to a query that first.ts has sent; used once. */
function taken(body: string): Promise<Response> | undefined {
  const answer = window.lunetteAsked?.get(body);
  window.lunetteAsked?.delete(body);
  return answer;
}

async function post(body: string): Promise<Response> {
  try {
    return await (taken(body) ?? ask(body, token.value));
  } catch {
    throw new ApiError("The server does not answer. Trying again.");
  }
}

async function readBody(response: Response): Promise<Record<string, unknown>> {
  try {
    return await response.json() as Record<string, unknown>;
  } catch {
    throw new ApiError(`The server answered ${response.status} ${response.statusText}`,
      response.status);
  }
}

/** Runs an operation. Errors beside data are returned with it; errors without data are thrown. */
export async function run<Data, Variables>(
  doc: Doc<Data, Variables>, variables: Variables,
): Promise<Answer<Data>> {
  const response = await post(bodyOf(doc, variables));
  const body = await readBody(response);
  if (response.status === 401) refused.value = true;
  const errors = (body.errors ?? []) as GraphError[];
  if (body.data) return { data: body.data as Data, errors };
  const other = (body.error as { message?: string } | undefined)?.message;
  throw new ApiError(errors[0]?.message ?? other ?? `The server answered ${response.status}`,
    response.status, errors);
}

/** The close code after scripts were loaded again: the server is available at once. */
const scriptsReloaded = 1012;

let client: Client | undefined;
let socket: { terminate(): void } | undefined;

function connect(): Client {
  let lostOnce = false;
  const made = createClient({
    url: location.origin.replace(/^http/, "ws") + "/graphql",
    webSocketImpl: TokenSocket,
    lazy: true,
    lazyCloseTimeout: 10_000,
    keepAlive: 15_000,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (attempt) => new Promise((resolve) => {
      setTimeout(resolve, Math.min(500 * 1.5 ** attempt, 5000) * (0.8 + Math.random() * 0.4));
    }),
  });
  made.on("connected", () => {
    connection.value = "live";
    if (lostOnce) epoch.value++;
    lostOnce = false;
  });
  made.on("closed", (event) => {
    const { code, wasClean } = event as CloseEvent;
    if (wasClean && code === 1000) return;
    lostOnce = true;
    if (code !== scriptsReloaded) connection.value = "lost";
  });
  socket = made;
  return made;
}

/** A browser's WebSocket can't send headers: the token is sent in hex as a subprotocol. */
class TokenSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    const list = protocols === undefined ? [] : [protocols].flat();
    const hex = [...new TextEncoder().encode(token.value)]
      .map((byte) => byte.toString(16).padStart(2, "0")).join("");
    super(url, hex ? [...list, `bearer.${hex}`] : list);
  }
}

/** Runs an operation over the socket; one VM answers all operations of a socket. */
export function runOnSocket<Data, Variables>(
  doc: Doc<Data, Variables>, variables: Variables,
): Promise<Data> {
  return new Promise((resolve, reject) => {
    const stop = subscribe(doc, variables, (data) => { resolve(data); stop(); }, reject);
  });
}

/** Subscribes until the returned function is called; continues after a reconnection. */
export function subscribe<Data, Variables>(
  doc: Doc<Data, Variables>, variables: Variables,
  next: (data: Data, partial: GraphError[]) => void, failed?: (error: ApiError) => void,
): () => void {
  client ??= connect();
  let dispose: () => void = () => {};
  dispose = client.subscribe(
    { query: doc.text, variables: variables as Record<string, unknown> }, {
      next(result) {
        if (result.data) next(result.data as Data, (result.errors ?? []) as GraphError[]);
        else if (result.errors?.[0]) failed?.(new ApiError(result.errors[0].message));
      },
      error(error) {
        const first = Array.isArray(error) ? error[0] as GraphError | undefined : undefined;
        failed?.(new ApiError(first?.message ?? "The subscription ended."));
      },
      complete() {},
    });
  return () => dispose();
}
