// Foreign names (of interfaces, processes, pins, control groups) may hold control characters and
// marks that turn the direction of text round. Every text that the page shows passes here and has
// them as escapes; line ends and tabs stay, for code.

import { options, type VNode } from "preact";

import { escapeOf } from "./cells";

const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const each = new RegExp(hidden.source, "g");

interface Titled { title?: string }

/** A text without anything that can't be seen. */
export const visible = (text: string): string =>
  hidden.test(text) ? text.replace(each, escapeOf) : text;

/** Makes all texts and titles that are rendered from now on visible. */
export function startVisible(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    const props = vnode.props as unknown;
    if (typeof props === "string") { // a text node
      vnode.props = visible(props) as unknown as typeof vnode.props;
    } else if (typeof vnode.type === "string" && typeof (props as Titled).title === "string") {
      (props as Titled).title = visible((props as Titled).title!);
    }
    before?.(vnode);
  };
}
