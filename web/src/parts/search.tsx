// The search at the top: finds any object or page by its properties.

import { useMemo, useRef, useState } from "preact/hooks";
import { go } from "../lib/router";
import { search, type Found } from "../lib/search";
import { failure, loaded, mapList, programList, start } from "../lib/store";
import { rail, tools } from "../routes";
import { familyTone } from "./bits";
import { Icon } from "./icon";
import { narrow } from "./table";

function pages(): { href: string; name: string }[] {
  const scripted = start.value?.pages ?? [];
  return [
    ...[...rail, ...tools].map(({ href, text }) => ({ href, name: text })),
    ...scripted.map(({ name, title }) => ({ href: `/pages/${name}`, name: title })),
  ];
}

function Option({ found, at, chosen, open }: {
  found: Found; at: number; chosen: boolean; open: () => void;
}) {
  return (
    <div role="option" id={`found-${at}`} aria-selected={chosen}
      onMouseDown={(event) => event.preventDefault()} onClick={open}>
      <Icon name={found.kind} />
      <span class="mono clip">{found.name}</span>
      {found.id !== undefined && <span class="dim">{found.id}</span>}
      {found.type && (
        <span class="tag dim" style={{ "--tone": `var(--${familyTone(found.type)})` }}>
          {found.type}
        </span>
      )}
      <span class="why">{found.why}</span>
    </div>
  );
}

export function Search() {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const found = useMemo(
    () => search(text, programList.value, mapList.value, pages()),
    [text, programList.value, mapList.value]);
  const leave = () => {
    setOpen(false);
    setText("");
    input.current?.blur();
  };
  const choose = (result: Found | undefined) => {
    if (!result) return;
    leave();
    go(result.href);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      const next = Math.max(0, Math.min(found.length - 1, at + step));
      setAt(next);
      document.getElementById(`found-${next}`)?.scrollIntoView({ block: "nearest" });
    }
    if (event.key === "Enter") choose(found[at]);
    if (event.key === "Escape") leave();
  };
  const shown = open && text.trim() !== "";
  return (
    <div class="search" role="search">
      <div class="box">
        <Icon name="search" />
        <input ref={input} type="text" value={text}
          placeholder={narrow.value ? "Search" : "Search programs, maps, processes"}
          aria-label="Search everything" role="combobox" aria-expanded={shown}
          aria-controls="found" aria-autocomplete="list" spellcheck={false}
          aria-activedescendant={shown && found.length ? `found-${at}` : undefined}
          onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} onKeyDown={onKey}
          onInput={(event) => { setText(event.currentTarget.value); setAt(0); setOpen(true); }} />
        <kbd>/</kbd>
      </div>
      {shown && (
        <div class="found" id="found" role="listbox" aria-label="Results">
          {found.map((result, place) => (
            <Option key={result.href} found={result} at={place} chosen={place === at}
              open={() => choose(result)} />
          ))}
          {!found.length && <div class="none" role="option" aria-selected={false}>
            {loaded.value || failure.value
              ? `Nothing here has “${text}” in its name, id, type, tag, pin, process ` +
                "or attach point."
              : "Loading the list of objects."}
          </div>}
        </div>
      )}
    </div>
  );
}
