// What the keys do.

import { helpOpen } from "../lib/keys";
import { rail, tools } from "../routes";
import { Dialog } from "./dialog";

const keys: [string[], string][] = [
  [["/"], "Search everything"],
  [["f"], "Filter the list on this page"],
  [["↓", "↑"], "Walk a table (also j and k)"],
  [["Enter"], "Open the row"],
  [["Esc"], "Close, or leave the search"],
  [["?"], "This help"],
];

export function Help() {
  const goes: [string[], string][] =
    [...rail, ...tools].map(({ key, text }) => [["g", key], text]);
  return (
    <Dialog title="Keys" close={() => { helpOpen.value = false; }}>
      <dl class="facts">
        {[...keys, ...goes].map(([strokes, text]) => [
          <dt key={text}>{strokes.map((key) => <kbd key={key}>{key}</kbd>)}</dt>,
          <dd key={`${text} means`}>{text}</dd>,
        ])}
      </dl>
    </Dialog>
  );
}
