// Tabs; the selected one is in the address (?tab=), and arrows walk them.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { count } from "../lib/format";
import { go, oneOf } from "../lib/router";

export interface Tab { id: string; title: string; tally?: number | undefined }

/** The tab in the address, else the first. */
export const chosenTab = (tabs: readonly Tab[]): string => oneOf("tab", tabs.map((tab) => tab.id));

/** Clears the other tab's parameters from the address. */
const choose = (tabs: readonly Tab[], id: string) =>
  go(location.pathname + (id === tabs[0]!.id ? "" : `?tab=${id}`));

export function Tabs({ tabs, label }: { tabs: readonly Tab[]; label: string }) {
  const chosen = chosenTab(tabs);
  // On a narrow screen the list of tabs scrolls to the selected one.
  useEffect(() => {
    document.getElementById(`tab-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length]!;
    choose(tabs, next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKey}>
      {tabs.map((tab) => (
        <button key={tab.id} id={`tab-${tab.id}`} role="tab" aria-selected={tab.id === chosen}
          aria-controls={tab.id === chosen ? "tab-panel" : undefined}
          tabIndex={tab.id === chosen ? 0 : -1} onClick={() => choose(tabs, tab.id)}>
          {tab.title}{tab.tally !== undefined && <span class="tally">{count(tab.tally)}</span>}
        </button>
      ))}
    </div>
  );
}

export const TabPanel = ({ id, children, grow }: {
  id: string; children: ComponentChildren; grow?: boolean;
}) => (
  <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${id}`}
    class={`tab-panel${grow ? " grow" : ""}`}>
    {children}
  </div>
);
