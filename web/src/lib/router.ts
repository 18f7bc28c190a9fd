// The current page: its path and parameters, as signals. State worth a link is in the address;
// other state (scrolling) is kept per history entry.

import { computed, signal } from "@preact/signals";

interface Place { path: string; search: string }

const read = (): Place => ({ path: location.pathname, search: location.search });

export const place = signal<Place>(read());
export const path = computed(() => place.value.path);
export const params = computed(() => new URLSearchParams(place.value.search));

export function go(url: string, replace = false): void {
  if (url === location.pathname + location.search) return;
  if (replace) history.replaceState(history.state, "", url);
  else history.pushState({ depth: depth() + 1 }, "", url);
  place.value = read();
}

/** Steps made inside the explorer: more than 0 means that there is a page to go back to. */
export const depth = (): number => (history.state as { depth?: number } | null)?.depth ?? 0;

export function back(fallback: string): void {
  if (depth() > 0) history.back();
  else go(fallback);
}

/** Changes parameters of the address; null or "" removes one. */
export function setParams(changes: Record<string, string | null>, replace = true): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  const search = next.toString();
  go(location.pathname + (search ? `?${search}` : ""), replace);
}

/** A parameter that is one of a list of words. */
export function oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
  const value = params.value.get(name) as Word | null;
  return value !== null && words.includes(value) ? value : words[0]!;
}

const apart = /^\/(graphql|query|graphiql|metrics|healthz|readyz)(\/|\?|$)|\.(ndjson|csv)(\?|$)/;

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.("a[href]");
  const href = link?.getAttribute("href");
  if (!link || !href?.startsWith("/") || apart.test(href)) return;
  if (link.hasAttribute("download") || link.getAttribute("target")) return;
  event.preventDefault();
  go(href);
}

export function startRouter(): void {
  addEventListener("popstate", () => { place.value = read(); });
  addEventListener("click", onClick);
}

/** State of pages that are left and opened again, by address. */
const memory = new Map<string, unknown>();

export function remember<Value>(key: string, value: Value): void { memory.set(key, value); }
export function recall<Value>(key: string): Value | undefined {
  return memory.get(key) as Value | undefined;
}
