// Keys that work everywhere: / searches, ? explains, g and a letter goes to a section.

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
  if (typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
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
      if (event.target !== document.body) return;
      focusOn(".main .table");
      break;
    default: return;
  }
  event.preventDefault();
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
