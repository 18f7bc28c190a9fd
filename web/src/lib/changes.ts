// Counts changes of objects by kind: a component that reads a count is rendered again by each
// change.

import { signal } from "@preact/signals";

export type Kind = "PROGRAM" | "MAP" | "LINK" | "BTF";

const counts = {
  PROGRAM: signal(0), MAP: signal(0), LINK: signal(0), BTF: signal(0),
};

export function noteChange(kind: Kind): void { counts[kind].value++; }

export function objectsChanged(kinds: Kind[]): number {
  return kinds.reduce((sum, kind) => sum + counts[kind].value, 0);
}
