// Sends queries to /graphql. It needs no other module, because the page's first script uses it.

import type { Doc } from "@gen/queries";

declare global {
  interface Window {
    /** Queries sent by first.ts, by request body; each answer is used once. */
    lunetteAsked?: Map<string, Promise<Response>>;
  }
}

/** Rows per request, so that thousands of rows don't exceed a request's time limit. */
export const rowsAtOnce = 2000;

export const keptToken = (): string => sessionStorage.getItem("lunette.token") ?? "";

export const bodyOf = <Data, Variables>(doc: Doc<Data, Variables>, variables: Variables): string =>
  JSON.stringify({ query: doc.text, variables });

export function ask(body: string, token: string): Promise<Response> {
  const headers: Record<string, string> = {
    "content-type": "application/json", accept: "application/json",
  };
  if (token) headers.authorization = `Bearer ${token}`;
  return fetch("/graphql", { method: "POST", headers, body });
}
