// Queries and subscriptions for components: the previous answer is shown while the new one loads,
// and a query runs again after a reconnection or when objects changed.

import { signal, type Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Doc } from "@gen/queries";
import { ApiError, epoch, run, subscribe, type GraphError } from "./api";
import { objectsChanged } from "./changes";

/** True while the tab is visible; nothing is requested otherwise. */
export const visible = signal(!document.hidden);
document.addEventListener("visibilitychange", () => { visible.value = !document.hidden; });

export interface Result<Data> {
  data: Data | undefined;
  error: ApiError | undefined;
  /** Errors of parts of the answer. */
  partial: GraphError[];
  loading: boolean;
  reload(): void;
}

interface QueryOptions {
  /** Runs again when objects of these kinds were added or removed. */
  kinds?: ("PROGRAM" | "MAP" | "LINK" | "BTF")[];
  /** True: does not run (yet). */
  skip?: boolean;
}

/** Milliseconds to wait for further changes, and as a multiple of the last answer's duration. */
const settling = 200;
const pauses = 10;

/** The changes to reload for: not during a request, and rarely for slow queries. */
function usePaced(changes: number, asked: { busy: boolean; ended: number; took: number }): number {
  const [due, setDue] = useState(changes);
  const latest = useRef(changes);
  latest.current = changes;
  const waits = due !== changes && !asked.busy;
  useEffect(() => {
    if (!waits) return;
    const rest = asked.ended + pauses * asked.took - performance.now();
    const timer = setTimeout(() => setDue(latest.current), Math.max(settling, rest));
    return () => clearTimeout(timer);
  }, [waits]);
  return due;
}

interface Kept { data: unknown; partial: GraphError[] }

const kept = new Map<string, Kept>();
const keptAtMost = 60;

function keep(key: string, value: Kept): void {
  kept.delete(key);
  kept.set(key, value);
  if (kept.size > keptAtMost) kept.delete(kept.keys().next().value!);
}

export function useQuery<Data, Variables>(
  doc: Doc<Data, Variables>, variables: Variables, options: QueryOptions = {},
): Result<Data> {
  const key = doc.name + JSON.stringify(variables);
  const [, redraw] = useState(0);
  const [round, setRound] = useState(0);
  const state = useRef<{ key: string; error?: ApiError | undefined; loading: boolean }>(
    { key: "", loading: !options.skip });
  if (state.current.key !== key) state.current = { key, loading: !options.skip };
  const asked = useRef({ busy: false, ended: 0, took: 0 }).current;
  const changes = usePaced(options.kinds ? objectsChanged(options.kinds) : 0, asked);
  const again = epoch.value;

  useEffect(() => {
    if (options.skip) return;
    let here = true;
    const began = performance.now();
    asked.busy = true;
    run(doc, variables).then(
      ({ data, errors }) => {
        keep(key, { data, partial: errors });
        if (here) state.current = { key, loading: false };
      },
      (error: ApiError) => {
        if (here) state.current = { key, error, loading: false };
      },
    ).finally(() => {
      if (!here) return;
      const ended = performance.now();
      Object.assign(asked, { busy: false, ended, took: ended - began });
      redraw((n) => n + 1);
    });
    return () => { here = false; };
  }, [key, round, changes, again, options.skip]);

  const found = kept.get(key);
  return {
    data: found?.data as Data | undefined,
    partial: found?.partial ?? [],
    error: state.current.error,
    loading: state.current.loading,
    reload: () => setRound((n) => n + 1),
  };
}

/** The last result of a subscription; the server sends a new one only when something changed. */
export function useLive<Data, Variables>(
  doc: Doc<Data, Variables>, variables: Variables, options: { skip?: boolean } = {},
): Result<Data> {
  const key = doc.name + JSON.stringify(variables);
  const [, redraw] = useState(0);
  const [round, setRound] = useState(0);
  const state = useRef<{ key: string; error?: ApiError | undefined }>({ key });
  if (state.current.key !== key) state.current = { key };
  const show = (error?: ApiError) => {
    state.current = { key, error };
    redraw((n) => n + 1);
  };
  useSubscription(doc, variables, (data, partial) => {
    keep(key, { data, partial });
    show();
  }, { ...options, round, failed: show });
  const found = kept.get(key);
  return {
    data: found?.data as Data | undefined, partial: found?.partial ?? [],
    error: state.current.error, loading: !found && !state.current.error,
    reload: () => setRound((n) => n + 1),
  };
}

interface ListenOptions {
  skip?: boolean;
  failed?: (error: ApiError) => void;
  /** A new number starts again. */
  round?: number;
}

/** Subscribes while the component is mounted and the tab is visible. */
export function useSubscription<Data, Variables>(
  doc: Doc<Data, Variables>, variables: Variables,
  next: (data: Data, partial: GraphError[]) => void, options: ListenOptions = {},
): void {
  const handler = useRef(next);
  handler.current = next;
  const key = JSON.stringify(variables);
  const on = visible.value && !options.skip;
  useEffect(() => {
    if (!on) return;
    return subscribe(doc, variables, (data, partial) => handler.current(data, partial),
      options.failed);
  }, [doc, key, on, options.round]);
}

/** A signal that lives as long as the component. */
export function useOwn<Value>(make: () => Value): Signal<Value> {
  const ref = useRef<Signal<Value> | null>(null);
  ref.current ??= signal(make());
  return ref.current;
}
