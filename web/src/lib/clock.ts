// One clock for all relative times on the page: it ticks each second while the tab is visible.

import { signal } from "@preact/signals";
import { visible } from "./hooks";

export const now = signal(Date.now() / 1000);
setInterval(() => { if (visible.value) now.value = Date.now() / 1000; }, 1000);
