// Keys that work everywhere: / searches, ? shows help, g and a letter opens a section, arrows walk
// through the page's lists, Esc leaves a field.

import { signal } from "@preact/signals";
import { rail, tools } from "../routes";
import { go } from "./router";

export const helpOpen = signal(false);

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

let goes = 0;

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (typing(event.target)) {
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    return;
  }
  if (goes && Date.now() - goes < 1200) {
    goes = 0;
    const entry = [...rail, ...tools].find(({ key }) => key === event.key);
    if (entry) {
      event.preventDefault();
      return go(entry.href);
    }
  }
  switch (event.key) {
    case "/": focusOn(".search input"); break;
    case "?": helpOpen.value = true; break;
    case "g": goes = Date.now(); break;
    case "f": focusOn(".main input[type=search]"); break;
    case "ArrowDown": case "j":
      if (!walk(event.target as Element, 1)) return;
      break;
    case "ArrowUp": case "k":
      if (!walk(event.target as Element, -1)) return;
      break;
    default: return;
  }
  event.preventDefault();
}

/** Places that arrows reach: tables, drawings and listings, which handle keys themselves, and
 *  links of lists. */
const places = ".main .table, .main .canvas, .main .listing";
const lines = ".main .list li, .main .choices li, .main .types .card";
const inLine = "a[href], button, pre[tabindex]";

/** Moves to the first place, or in a list to the next line. */
function walk(from: Element, step: number): boolean {
  const line = from.closest(lines);
  if (!line) {
    if (step < 0 || !from.matches("body, .main")) return false;
    const first = document.querySelector<HTMLElement>([places, ...lines.split(", ")
      .flatMap((one) => inLine.split(", ").map((part) => `${one} ${part}`))].join(", "));
    first?.focus();
    return Boolean(first);
  }
  const all = [...document.querySelectorAll(lines)].filter((one) => one.querySelector(inLine));
  all[all.indexOf(line) + step]?.querySelector<HTMLElement>(inLine)?.focus();
  return true;
}

function focusOn(selector: string): void {
  const element = document.querySelector<HTMLElement>(selector);
  element?.focus();
  if (element instanceof HTMLInputElement) element.select();
}

export function startKeys(): () => void {
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}
