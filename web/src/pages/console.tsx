// The REPL in the page: runs Lua on the server, over the socket, so that globals persist.

import { useEffect, useRef, useState } from "preact/hooks";
import { Complete, Evaluate, type EvaluateData } from "@gen/queries";
import { runOnSocket } from "../lib/api";
import { recall, remember } from "../lib/router";
import { start } from "../lib/store";
import { Head } from "../parts/bits";
import { Empty } from "../parts/states";
import { tokenOpen } from "../parts/token";

interface Entry { source: string; answer?: EvaluateData["evaluate"]; failed?: string }

function Said({ entry: { source, answer, failed } }: { entry: Entry }) {
  return (
    <div class="said">
      <pre class="asked">{source}</pre>
      {answer?.output && <pre>{answer.output}</pre>}
      {answer?.results.map((result, at) => <pre class="result" key={at}>{result}</pre>)}
      {(answer?.error ?? failed) && <pre class="bad">{answer?.error ?? failed}</pre>}
    </div>
  );
}

function Prompt({ ask, past }: { ask: (source: string) => Promise<boolean>; past: string[] }) {
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const [offered, setOffered] = useState<string[]>([]);
  const at = useRef(past.length);
  useEffect(() => { input.current?.focus(); }, []);
  const put = (next: string) => { setText(next); setOffered([]); };

  const complete = async () => {
    const { complete: found } = await runOnSocket(Complete, { source: text });
    const [only] = found.candidates;
    if (found.candidates.length === 1) put(text.slice(0, text.length - found.start.length) + only!);
    else setOffered(found.candidates);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!text.trim()) return;
      // The prompt is cleared at once; an incomplete statement is put back into it.
      put("");
      at.current = past.length + 1;
      void ask(text).then((done) => { if (!done) setText((typed) => `${text}\n${typed}`); });
    } else if (event.key === "Tab" && text.trim()) {
      event.preventDefault();
      complete().catch(() => {});
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !text.includes("\n")) {
      event.preventDefault();
      const to = at.current + (event.key === "ArrowUp" ? -1 : 1);
      at.current = Math.max(0, Math.min(past.length, to));
      put(past[at.current] ?? "");
    }
  };
  return (
    <div class="prompt">
      {offered.length > 0 && <div class="offered mono">{offered.slice(0, 60).join("  ")}</div>}
      <label><span class="mono dim">&gt;</span>
        <textarea ref={input} class="mono" aria-label="Lua" spellcheck={false} value={text}
          rows={Math.min(12, text.split("\n").length)} onKeyDown={onKey}
          placeholder="for _, map in ipairs(bpf.maps()) do print(map.id, map.name) end"
          onInput={(event) => put(event.currentTarget.value)} />
      </label>
    </div>
  );
}

function Session() {
  const [entries, setEntries] = useState<Entry[]>(recall<Entry[]>("console") ?? []);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    remember("console", entries);
    end.current?.scrollIntoView({ block: "nearest" });
  }, [entries]);
  const ask = async (source: string): Promise<boolean> => {
    const add = (entry: Entry) => setEntries((old) => [...old, entry].slice(-200));
    try {
      const { evaluate } = await runOnSocket(Evaluate, { source });
      if (evaluate.incomplete) return false;
      add({ source, answer: evaluate });
    } catch (error) {
      add({ source, failed: (error as Error).message });
    }
    return true;
  };
  return (
    <div class="console grow" role="log" aria-label="Console">
      {entries.map((entry, at) => <Said key={at} entry={entry} />)}
      <Prompt ask={ask} past={entries.map(({ source }) => source)} />
      <div ref={end} />
    </div>
  );
}

export function Console() {
  const health = start.value?.health;
  return (
    <div class="page fill">
      <Head title="Console">
        <span class="dim">Enter runs, Shift+Enter breaks the line, Tab completes</span>
      </Head>
      {health && !health.canEval
        ? <Empty title="Needs a token" icon="key">
            <p>Start the server with <code>--allow-eval</code> and{" "}
              <code>--token-file</code>, then enter its token.</p>
            <button onClick={() => { tokenOpen.value = true; }}>Enter the token</button>
          </Empty>
        : <Session />}
    </div>
  );
}
