// A table of any length: only visible rows are rendered. The order is in the address; rows can be
// grouped; arrows and Enter walk the rows; changed cells are marked for a moment.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { compare, count } from "../lib/format";
import { go, params, recall, remember, setParams } from "../lib/router";
import { Icon } from "./icon";

export interface Column<Row> {
  id: string;
  title: ComponentChildren;
  /** Least width in pixels; and its share of the remaining width, or its greatest width in
   *  pixels. */
  least: number;
  grow?: number;
  most?: number;
  end?: boolean;
  mono?: boolean;
  /** Stays visible at the left while the others scroll; for the first column. */
  pin?: boolean;
  /** Left out on a narrow screen. */
  wideOnly?: boolean;
  hint?: string;
  cell: (row: Row) => ComponentChildren;
  /** The value to sort by; without it the column can't be sorted. */
  value?: (row: Row) => unknown;
}

export interface Sort { column: string; down: boolean }

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string | number;
  href?: (row: Row) => string | undefined;
  rowClass?: (row: Row) => string;
  groupOf?: ((row: Row) => string) | undefined;
  groupNote?: (rows: Row[]) => ComponentChildren;
  /** Given: the server sorts the rows, and a click on a head requests another order. */
  sort?: Sort | null;
  onSort?: (sort: Sort) => void;
  /** The order at first. */
  first?: Sort;
  /** Called near the end of the rows, to load more. */
  onEnd?: () => void;
  under?: ComponentChildren;
  empty?: ComponentChildren;
  onOpen?: (row: Row) => void;
  /** Ids of changed columns by row key, and which of two marks to use. */
  moved?: ReadonlyMap<string | number, ReadonlySet<string>> | undefined;
  beat?: number;
  className?: string;
}

type Item<Row> = { row: Row } | { group: string; rows: Row[]; shut: boolean };

const rowHeight = 30;
const headHeight = 35;
const margin = 12;
/** Browsers limit the height of elements: beyond it the last rows can't be reached. */
const mostPixels = 32_000_000;

const narrowQuery = matchMedia("(max-width: 760px)");
export const narrow = signal(narrowQuery.matches);
narrowQuery.addEventListener("change", () => { narrow.value = narrowQuery.matches; });

/** The order in the address: ?sort=name, or ?sort=-runs for the largest first. */
export function sortFromAddress(first: Sort | undefined): Sort | undefined {
  const text = params.value.get("sort");
  if (!text) return first;
  const down = text.startsWith("-");
  return { column: down ? text.slice(1) : text, down };
}

const sortToAddress = ({ column, down }: Sort) => setParams({ sort: (down ? "-" : "") + column });

export function sorted<Row>(
  rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | undefined | null,
): readonly Row[] {
  const value = sort && columns.find((column) => column.id === sort.column)?.value;
  if (!value) return rows;
  const sign = sort.down ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(value(a), value(b)));
}

/** The lines of the table: rows, or groups with their rows. */
interface Items<Row> { count: number; at: (place: number) => Item<Row> }

function plain<Row>(rows: readonly Row[]): Items<Row> {
  return { count: rows.length, at: (place) => ({ row: rows[place]! }) };
}

function grouped<Row>(
  rows: readonly Row[], groupOf: (row: Row) => string, shut: ReadonlySet<string>,
): Items<Row> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = groupOf(row);
    const list = groups.get(name);
    if (list) list.push(row);
    else groups.set(name, [row]);
  }
  const items = [...groups].sort(([a], [b]) => compare(a, b)).flatMap(([group, list]) => {
    const closed = shut.has(group);
    const head = { group, rows: list, shut: closed };
    return closed ? [head] : [head, ...list.map((row) => ({ row }))];
  });
  return { count: items.length, at: (place) => items[place]! };
}

/** The visible part of a scrolled box: first and last row. */
function useSight(count: number, memory: string) {
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.scrollTop = recall<number>(memory) ?? 0;
    let frame = 0;
    const look = () => {
      frame = 0;
      setSight({ top: element.scrollTop, height: element.clientHeight });
      remember(memory, element.scrollTop);
    };
    const soon = () => { frame ||= requestAnimationFrame(look); };
    const observer = new ResizeObserver(soon);
    observer.observe(element);
    element.addEventListener("scroll", soon, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", soon);
      cancelAnimationFrame(frame);
    };
  }, [memory]);
  const first = Math.max(0, Math.floor(sight.top / rowHeight) - margin);
  const last = Math.min(count, Math.ceil((sight.top + sight.height) / rowHeight) + margin);
  return { box, first, last };
}

function Heads<Row>({ columns, sort, ask }: {
  columns: readonly Column<Row>[]; sort: Sort | null | undefined; ask: (sort: Sort) => void;
}) {
  return (
    <div class="row heads" role="row" aria-rowindex={1}>
      {columns.map((column) => {
        const here = sort?.column === column.id;
        const order = !here ? undefined : sort.down ? "descending" : "ascending";
        const click = () => ask({
          column: column.id, down: here ? !sort.down : Boolean(column.end),
        });
        return (
          <div key={column.id} role="columnheader"
            class={`cell${column.end ? " end" : ""}${column.pin ? " pin" : ""}`}
            aria-sort={order} title={column.hint}>
            {column.value
              ? <button onClick={click} tabIndex={-1}>
                  <span class="clip">{column.title}</span>{here && (sort.down ? "↓" : "↑")}
                </button>
              : column.title}
          </div>
        );
      })}
    </div>
  );
}

export function Table<Row>(props: Props<Row>) {
  const { rows, rowKey, groupOf, href, onOpen, onEnd } = props;
  const columns = narrow.value ? props.columns.filter((c) => !c.wideOnly) : props.columns;
  const own = props.onSort === undefined;
  const sort = own ? sortFromAddress(props.first) : props.sort;
  const [shut, setShut] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | number | null>(null);

  const order = useMemo(
    () => (own ? sorted(rows, props.columns, sort) : rows),
    [rows, props.columns, own, sort?.column, sort?.down]);
  const items = useMemo(
    () => (groupOf ? grouped(order, groupOf, shut) : plain(order)), [order, groupOf, shut]);
  const memory = `scroll ${location.pathname} ${props.label}`;
  const { box, first, last } = useSight(items.count, memory);
  useEffect(() => { if (last >= items.count) onEnd?.(); }, [last, items.count, onEnd]);

  const toggle = (group: string) => setShut((old) => {
    const next = new Set(old);
    if (!next.delete(group)) next.add(group);
    return next;
  });
  const idOf = (item: Item<Row>) => ("row" in item ? rowKey(item.row) : `group ${item.group}`);
  const open = (item: Item<Row>) => {
    if ("group" in item) return toggle(item.group);
    const url = href?.(item.row);
    if (onOpen) onOpen(item.row);
    else if (url) go(url);
  };

  const place = () => {
    let at = active === null ? -1 : items.count - 1;
    while (at >= 0 && idOf(items.at(at)) !== active) at--;
    return at;
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.target !== box.current) return;
    const at = place();
    const page = Math.floor((box.current?.clientHeight ?? 600) / rowHeight) - 2;
    const steps: Record<string, number> = {
      ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), j: at + 1, k: Math.max(0, at - 1),
      PageDown: at + page, PageUp: at - page, Home: 0, End: items.count - 1,
    };
    if (event.key === "Enter" && at >= 0) open(items.at(at));
    const to = steps[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(items.count - 1, to));
    if (next >= items.count || !box.current) return;
    setActive(idOf(items.at(next)));
    show(box.current, next);
  };

  const cols = columns.map(({ least: from, grow, most }) =>
    grow ? `minmax(${from}px, ${grow}fr)` : most ? `minmax(${from}px, ${most}px)` : `${from}px`);
  const least = columns.reduce((sum, column) => sum + column.least, 16);
  const sight = Array.from({ length: Math.max(0, last - first) }, (_, at) => items.at(first + at));
  const activeAt = active === null ? -1 : sight.findIndex((item) => idOf(item) === active);
  return (
    <div ref={box} class={`table ${props.className ?? ""}`} tabIndex={0} onKeyDown={onKey}
      role={groupOf ? "treegrid" : "grid"}
      aria-label={props.label} aria-rowcount={items.count + 1}
      aria-activedescendant={activeAt < 0 ? undefined : `row-${first + activeAt}`}
      style={{ "--cols": cols.join(" "), "--least": `${least}px` }}>
      <Heads columns={columns} sort={sort} ask={props.onSort ?? sortToAddress} />
      <div class="rows" role="rowgroup"
        style={{ height: Math.min(mostPixels, items.count * rowHeight) }}>
        <div style={{ transform: `translateY(${first * rowHeight}px)` }} role="presentation">
          {sight.map((item, at) => (
            <Line key={idOf(item)} item={item} at={first + at} columns={columns} props={props}
              active={idOf(item) === active}
              click={() => { setActive(idOf(item)); open(item); }} />
          ))}
        </div>
      </div>
      {items.count === 0 && props.empty}
      {props.under && <div class="under">{props.under}</div>}
    </div>
  );
}

function show(box: HTMLElement, at: number): void {
  const top = at * rowHeight;
  const room = box.clientHeight - headHeight - rowHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + room) box.scrollTop = top - room;
}

function Line<Row>({ item, at, columns, props, active, click }: {
  item: Item<Row>; at: number; columns: readonly Column<Row>[]; props: Props<Row>;
  active: boolean; click: () => void;
}) {
  const common = { id: `row-${at}`, role: "row", "aria-rowindex": at + 2 } as const;
  if ("group" in item) {
    return (
      <div {...common} class={`row group${item.shut ? " shut" : ""}${active ? " active" : ""}`}
        onClick={click} aria-expanded={!item.shut}>
        <span role="gridcell" class="gap">
          <Icon name="down" />{item.group}<span class="tally">{count(item.rows.length)}</span>
        </span>
        <span role="gridcell" class="sum">{props.groupNote?.(item.rows)}</span>
      </div>
    );
  }
  const { row } = item;
  const opens = props.onOpen !== undefined || props.href?.(row) !== undefined;
  const onClick = (event: MouseEvent) => {
    if ((event.target as Element).closest("a, button, input")) return;
    if (String(getSelection() ?? "")) return;
    click();
  };
  const changed = props.moved?.get(props.rowKey(row));
  const mark = (props.beat ?? 0) % 2 ? " moved-a" : " moved-b";
  return (
    <div {...common} onClick={opens ? onClick : undefined}
      class={`row${opens ? " opens" : ""}${active ? " active" : ""} ` +
        (props.rowClass?.(row) ?? "")}>
      {columns.map((column) => (
        <div key={column.id} role="gridcell" class={"cell" + (column.end ? " end" : "") +
          (column.mono ? " mono" : "") + (column.pin ? " pin" : "") +
          (changed?.has(column.id) ? mark : "")}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}
