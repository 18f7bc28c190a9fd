// CodeMirror with Lua, in the explorer's colours; loaded when an editor is first shown.

import { StreamLanguage, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--s5)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: tags.number, color: "var(--warn)" },
  { tag: tags.comment, color: "var(--dim)", fontStyle: "italic" },
  { tag: [tags.standard(tags.name), tags.function(tags.name)], color: "var(--s1)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--panel)", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--gold-wash) !important",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line)",
  },
});

export interface CodeEditor {
  text(): string;
  /** Marks a line as wrong; null removes the mark. */
  mark(line: number | null, message: string): void;
  destroy(): void;
}

export function makeEditor(
  parent: HTMLElement, text: string, label: string, changed: (text: string) => void,
): CodeEditor {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        basicSetup, StreamLanguage.define(lua), syntaxHighlighting(colours), look,
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  view.scrollDOM.tabIndex = 0;
  return {
    text: () => view.state.doc.toString(),
    mark(line, message) {
      const list: Diagnostic[] = [];
      if (line !== null && line >= 1 && line <= view.state.doc.lines) {
        const { from, to } = view.state.doc.line(line);
        list.push({ from, to, severity: "error", message });
      }
      view.dispatch(setDiagnostics(view.state, list));
    },
    destroy: () => view.destroy(),
  };
}
