// Light, dark, or what the system says. first.ts sets it before the first paint.

import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const kept = localStorage.getItem("lunette.theme");
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

const system = matchMedia("(prefers-color-scheme: dark)");

/** What is really shown; charts draw again when it changes. */
export const dark = signal(isDark());

function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "system" && system.matches);
}
system.addEventListener("change", () => { dark.value = isDark(); });

export function setTheme(next: Theme): void {
  theme.value = next;
  if (next === "system") {
    localStorage.removeItem("lunette.theme");
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem("lunette.theme", next);
    document.documentElement.dataset.theme = next;
  }
  dark.value = isDark();
}

export const nextTheme = (): Theme =>
  theme.value === "system" ? (dark.value ? "light" : "dark")
    : theme.value === "dark" ? "light" : "system";

const probe = document.createElement("i");

/** A colour of the style sheet as a canvas understands it, such as colour("s1"). */
export function colour(name: string): string {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** The name of the colour of the series at a place. */
export const tone = (at: number): string => `s${(at % 10) + 1}`;
