// Searches objects by all their properties (name, id, type, tag, pin, process, attachment), and the
// processes that hold them.

import type { MapRow, ProgramRow } from "@gen/queries";

export interface Found { href: string; kind: "program" | "map" | "owner" | "page"; name: string;
  id?: number; type: string; why: string; weight: number; }

type Part = [why: string, text: string | number | null | undefined];

function programParts(row: ProgramRow): Part[] {
  return [
    ["name", row.name], ["id", row.id], ["type", row.type], ["type", row.kernelType],
    ["tag", row.tag], ["user", row.user],
    ...row.pins.map((pin): Part => ["pin", pin]),
    ...row.owners.flatMap((o): Part[] => [["process", o.comm], ["pid", o.pid]]),
    ...row.attachments.map((point): Part => ["attached to", point.target]),
  ];
}

function mapParts(row: MapRow): Part[] {
  return [
    ["name", row.name], ["id", row.id], ["type", row.type], ["type", row.kernelType],
    ...(row.pins ?? []).map((pin): Part => ["pin", pin]),
    ...row.owners.flatMap((o): Part[] => [["process", o.comm], ["pid", o.pid]]),
  ];
}

/** How well a word matches, and which part: exact, then at the start, then within. */
function fit(parts: Part[], word: string): { weight: number; why: string } | undefined {
  let best: { weight: number; why: string } | undefined;
  parts.forEach(([why, value], place) => {
    if (value === null || value === undefined) return;
    const text = String(value).toLowerCase();
    const at = text.indexOf(word);
    if (at < 0) return;
    const weight = (text === word ? 100 : at === 0 ? 60 : 30) - place + (why === "name" ? 50 : 0);
    if (!best || weight > best.weight) {
      best = { weight, why: why === "name" ? "" : `${why} ${value}` };
    }
  });
  return best;
}

/** Every word must match a part. */
function match(parts: Part[], words: string[]): { weight: number; why: string } | undefined {
  let weight = 0;
  let why = "";
  for (const word of words) {
    const found = fit(parts, word);
    if (!found) return undefined;
    weight += found.weight;
    why ||= found.why;
  }
  return { weight, why };
}

const wordsOf = (text: string) => text.toLowerCase().split(/\s+/).filter(Boolean);

export function programFits(row: ProgramRow, text: string): boolean {
  return match(programParts(row), wordsOf(text)) !== undefined;
}

export function mapFits(row: MapRow, text: string): boolean {
  return match(mapParts(row), wordsOf(text)) !== undefined;
}

/** The processes that hold the objects: their names by pid. */
function processesOf(lists: Iterable<Pick<MapRow, "owners">>[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const list of lists) {
    for (const { owners } of list) for (const { pid, comm } of owners) found.set(pid, comm);
  }
  return found;
}

export function search(
  text: string, programs: Iterable<ProgramRow>, maps: Iterable<MapRow>,
  pages: { href: string; name: string }[], most = 40,
): Found[] {
  const words = wordsOf(text);
  if (!words.length) return [];
  const found: Found[] = [];
  for (const row of programs) {
    const fits = match(programParts(row), words);
    if (fits) {
      const name = row.name || `program ${row.id}`;
      const href = `/programs/${row.id}`;
      found.push({ href, kind: "program", name, id: row.id, type: row.type, ...fits });
    }
  }
  for (const row of maps) {
    const fits = match(mapParts(row), words);
    if (fits) {
      found.push({ href: `/maps/${row.id}`, kind: "map", name: row.name || `map ${row.id}`,
        id: row.id, type: row.type, ...fits });
    }
  }
  for (const [pid, comm] of processesOf([programs, maps])) {
    const fits = match([["name", comm], ["pid", pid]], words);
    if (fits) {
      found.push({ href: `/owners/${pid}`, kind: "owner", name: comm, id: pid, type: "", ...fits,
        why: "process" });
    }
  }
  for (const { href, name } of pages) {
    const fits = match([["name", name]], words);
    if (fits) found.push({ href, kind: "page", name, type: "", ...fits, why: "page" });
  }
  return found.sort((a, b) => b.weight - a.weight || a.name.localeCompare(b.name)).slice(0, most);
}
