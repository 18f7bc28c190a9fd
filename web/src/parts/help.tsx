// The list of keys.

import { helpOpen } from "../lib/keys";
import { rail, tools } from "../routes";
import { Dialog } from "./dialog";

const keys: [string[], string][] = [
  [["/"], "Search everything"],
  [["f"], "Filter the list on this page, or find a line"],
  [["↓", "↑"], "Walk a table or list (also j and k)"],
  [["Enter"], "Open the row; in a drawing, go to its first box"],
  [["+", "-", "0", "1"], "In a drawing: zoom in, zoom out, fit, full size"],
  [["Esc"], "Close, or leave a field"],
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
