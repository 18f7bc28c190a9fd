// The page of each address, and the entries of the navigation.

import type { ComponentType } from "preact";
import { lazy } from "./lib/lazy";
import type { IconName } from "./parts/icon";
import { Maps, Programs } from "./pages/lists";
import { Overview } from "./pages/overview";

/** The parts of the address for the page. */
export interface PageProps { id: string }

export interface Route {
  path: RegExp;
  page: ComponentType<PageProps>;
  title: string;
}

const page = (load: () => Promise<ComponentType<PageProps>>) => lazy<PageProps>(load);

export const routes: Route[] = [
  { path: /^\/$/, page: Overview, title: "Overview" },
  { path: /^\/programs$/, page: Programs, title: "Programs" },
  { path: /^\/maps$/, page: Maps, title: "Maps" },
  { path: /^\/programs\/(\d+)$/, title: "Program",
    page: page(() => import("./pages/program").then((m) => m.ProgramPage)) },
  { path: /^\/maps\/(\d+)$/, title: "Map",
    page: page(() => import("./pages/map").then((m) => m.MapPage)) },
  { path: /^\/maps\/(\d+)\/decoder$/, title: "Decoder editor",
    page: page(() => import("./pages/editor").then((m) => m.DecoderEditor)) },
  { path: /^\/console$/, title: "Console",
    page: page(() => import("./pages/console").then((m) => m.Console)) },
  { path: /^\/attach$/, title: "Attach points",
    page: page(() => import("./pages/attach").then((m) => m.AttachPoints)) },
  { path: /^\/links\/(\d+)$/, title: "Link",
    page: page(() => import("./pages/attach").then((m) => m.LinkView)) },
  { path: /^\/owners$/, title: "Owners",
    page: page(() => import("./pages/owners").then((m) => m.Owners)) },
  { path: /^\/owners\/(\d+)$/, title: "Process",
    page: page(() => import("./pages/owners").then((m) => m.ProcessView)) },
  { path: /^\/graph$/, title: "Graph",
    page: page(() => import("./pages/graph").then((m) => m.GraphPage)) },
  { path: /^\/btf$/, title: "BTF",
    page: page(() => import("./pages/btf").then((m) => m.BtfList)) },
  { path: /^\/btf\/(\d+)$/, title: "BTF types",
    page: page(() => import("./pages/btf").then((m) => m.BtfView)) },
  { path: /^\/trace$/, title: "Trace log",
    page: page(() => import("./pages/trace").then((m) => m.Trace)) },
  { path: /^\/tools$/, title: "Tools",
    page: page(() => import("./pages/tools").then((m) => m.Tools)) },
  { path: /^\/tools\/([\w-]+)$/, title: "Tool",
    page: page(() => import("./pages/tool").then((m) => m.ToolPage)) },
  { path: /^\/exports$/, title: "Metrics",
    page: page(() => import("./pages/exports").then((m) => m.Exports)) },
  { path: /^\/decoders$/, title: "Decoders",
    page: page(() => import("./pages/decoders").then((m) => m.Decoders)) },
  { path: /^\/pages\/([^/]+)$/, title: "Page",
    page: page(() => import("./pages/scripted").then((m) => m.ScriptedPage)) },
];

export interface RailEntry { href: string; text: string; icon: IconName; key: string }

export const rail: RailEntry[] = [
  { href: "/", text: "Overview", icon: "overview", key: "o" },
  { href: "/programs", text: "Programs", icon: "program", key: "p" },
  { href: "/maps", text: "Maps", icon: "map", key: "m" },
  { href: "/attach", text: "Attach points", icon: "attach", key: "a" },
  { href: "/owners", text: "Owners", icon: "owner", key: "w" },
  { href: "/graph", text: "Graph", icon: "graph", key: "g" },
  { href: "/btf", text: "BTF", icon: "btf", key: "b" },
  { href: "/tools", text: "Tools", icon: "tool", key: "l" },
  { href: "/trace", text: "Trace log", icon: "trace", key: "t" },
];

export const tools: RailEntry[] = [
  { href: "/exports", text: "Metrics", icon: "exports", key: "e" },
  { href: "/decoders", text: "Decoders", icon: "decoder", key: "d" },
  { href: "/console", text: "Console", icon: "console", key: "c" },
];
