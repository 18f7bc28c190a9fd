// The frame around every page: the navigation, the search, the state of the server.

import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { connection, refused, token } from "./lib/api";
import { count } from "./lib/format";
import { helpOpen, startKeys } from "./lib/keys";
import { path } from "./lib/router";
import { failure, loaded, mapList, programList, start } from "./lib/store";
import { dark, nextTheme, setTheme, theme } from "./lib/theme";
import { Help } from "./parts/help";
import { Icon, Mark } from "./parts/icon";
import { Search } from "./parts/search";
import { Empty } from "./parts/states";
import { TokenDialog, tokenOpen } from "./parts/token";
import { rail, routes, tools, type RailEntry } from "./routes";

const railOpen = signal(false);

const isHere = (href: string): boolean =>
  href === "/" ? path.value === "/" : path.value === href || path.value.startsWith(`${href}/`);

function RailLink({ entry, tally }: { entry: RailEntry; tally?: number | undefined }) {
  return (
    <a href={entry.href} aria-current={isHere(entry.href) ? "page" : undefined}
      onClick={() => { railOpen.value = false; }}>
      <Icon name={entry.icon} />{entry.text}
      {tally !== undefined && <span class="tally">{count(tally)}</span>}
    </a>
  );
}

function tallyOf(href: string): number | undefined {
  if (!loaded.value) return undefined;
  if (href === "/programs") return programList.value.length;
  if (href === "/maps") return mapList.value.length;
  return undefined;
}

function Rail() {
  const pages = start.value?.pages ?? [];
  const host = start.value?.host;
  return (
    <aside class={`rail${railOpen.value ? " open" : ""}`} aria-label="Sections">
      <a class="brand" href="/"><Mark />Lunette</a>
      <nav aria-label="Kernel">
        {rail.map((entry) => (
          <RailLink key={entry.href} entry={entry} tally={tallyOf(entry.href)} />
        ))}
        {pages.length > 0 && <h2>Scripts</h2>}
        {pages.map(({ name, title }) => (
          <RailLink key={name}
            entry={{ href: `/pages/${name}`, text: title, icon: "page", key: "" }} />
        ))}
        <h2>Export</h2>
        {tools.map((entry) => <RailLink key={entry.href} entry={entry} />)}
        <a href="/graphiql" target="_blank" rel="noreferrer"><Icon name="query" />GraphiQL</a>
      </nav>
      {host && (
        <footer>
          <span class="host clip">{host.name}</span>
          <span class="clip">Linux {host.kernel}</span>
          <span>Lunette {start.value!.health.version}</span>
        </footer>
      )}
    </aside>
  );
}

function ThemeButton() {
  const icon = theme.value === "system" ? "auto" : dark.value ? "overview" : "sun";
  const next = nextTheme();
  return (
    <button class="plain" onClick={() => setTheme(next)}
      aria-label={`Theme: ${theme.value}. Switch to ${next}`}
      title={`Theme: ${theme.value}`}>
      <Icon name={icon} />
    </button>
  );
}

const words = { live: "Live", lost: "Reconnecting", connecting: "Connecting" };

function Top() {
  const state = connection.value;
  const writes = start.value?.health.canWrite;
  return (
    <header class="top">
      <button class="plain menu" aria-label="Sections" aria-expanded={railOpen.value}
        onClick={() => { railOpen.value = !railOpen.value; }}><Icon name="menu" /></button>
      <Search />
      <div class={`state ${state}`} role="status" title={`Server: ${words[state].toLowerCase()}`}>
        <i class="dot" /><span class="word">{words[state]}</span>
      </div>
      <button class="plain" onClick={() => { tokenOpen.value = true; }}
        aria-label={token.value ? "Token given" : "Give a token"}
        title={writes ? "Writing is allowed" : "Read only: enter a token to write"}>
        <Icon name="key" />
      </button>
      <ThemeButton />
    </header>
  );
}

function Banner() {
  if (connection.value === "lost") {
    return (
      <div class="banner lost" role="alert"><Icon name="alert" />
        {loaded.value
          ? "The server does not answer. The page shows the last state and reconnects by itself."
          : "The server does not answer. Trying again."}
      </div>
    );
  }
  if (failure.value && loaded.value) {
    return (
      <div class="banner lost" role="alert"><Icon name="alert" />
        <span class="clip">{failure.value.message.split("\n")[0]}</span>
      </div>
    );
  }
  const health = start.value?.health;
  if (health && health.errors.length > 0) {
    const last = health.errors[health.errors.length - 1]!;
    return (
      <div class="banner" role="status"><Icon name="alert" />
        <span class="clip">A script failed: {last.message.split("\n")[0]}</span>
        <a href="/?show=scripts">Details</a>
      </div>
    );
  }
  return null;
}

const Lost = () => (
  <div class="page">
    <Empty title="There is no such page">
      <p>The address {path.value} names nothing here. <a href="/">Go to the overview</a>.</p>
    </Empty>
  </div>
);

function Page() {
  for (const route of routes) {
    const match = route.path.exec(path.value);
    if (!match) continue;
    const Here = route.page;
    return <Here key={path.value} id={decodeURIComponent(match[1] ?? "")} />;
  }
  return <Lost />;
}

/** The window's title; a page that knows a better one sets it after this. */
function useTitle(): void {
  const here = path.value;
  useEffect(() => {
    const route = routes.find(({ path: pattern }) => pattern.test(here));
    document.title = route ? `${route.title} · Lunette` : "Lunette";
  }, [here]);
}

export function App() {
  const main = useRef<HTMLElement>(null);
  useTitle();
  useEffect(startKeys, []);
  useEffect(() => { main.current?.scrollTo(0, 0); }, [path.value]);
  useEffect(() => { if (refused.value) tokenOpen.value = true; }, [refused.value]);
  return (
    <div class="shell">
      <Rail />
      <button class="scrim" aria-label="Close" tabIndex={-1}
        onClick={() => { railOpen.value = false; }} />
      <Top />
      <main class="main" ref={main} tabIndex={-1}>
        <Banner />
        <Page />
      </main>
      {helpOpen.value && <Help />}
      {tokenOpen.value && <TokenDialog />}
    </div>
  );
}
