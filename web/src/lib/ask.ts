// Asking /graphql and nothing else: the first script of the page asks before the rest is there.

import type { Doc } from "@gen/queries";

declare global {
  interface Window {
    /** What first.ts asked, by the body: each answer is taken once. */
    lunetteAsked?: Map<string, Promise<Response>>;
  }
}

/** So many rows are read by one request, so that thousands don't take longer than it may. */
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
