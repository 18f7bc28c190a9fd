// The theme: light, dark, or the system's. first.ts applies it before the first paint.

import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const kept = localStorage.getItem("lunette.theme");
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

const system = matchMedia("(prefers-color-scheme: dark)");

/** True when dark is shown; charts are drawn again when it changes. */
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

/** A colour of the style sheet for a canvas, such as colour("s1"). */
export function colour(name: string): string {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** The colour name of the series with that index. */
export const tone = (at: number): string => `s${(at % 10) + 1}`;
