// Makes documents for a schema, mostly valid ones, with variables; and documents with a changed
// token.

import { introspection, rootFields } from "./introspect.mjs";
import { literal } from "./schemas.mjs";

const named = (type) => type.replace(/[[\]!]/g, "");

class Maker {
  constructor(random, names) {
    Object.assign(this, { random, names, variables: new Map(), fragments: [], pending: 0 });
  }

  variable(type) {
    const { random, variables } = this;
    for (const [name, own] of variables) {
      if (own.type === type && random.chance(0.6)) return `$${name}`;
    }
    if (variables.size >= 6) return undefined;
    const name = `v${variables.size}`;
    let own = type;
    if (type.endsWith("!") && random.chance(0.1)) own = type.slice(0, -1);
    else if (!type.endsWith("!") && random.chance(0.2)) own += "!";
    const value = random.chance(0.25) ? literal(random, this.names, own) : undefined;
    variables.set(name, { type: own, value });
    return `$${name}`;
  }

  arguments(field) {
    const { random } = this;
    const given = field.args.filter((arg) => (arg.type.endsWith("!") && !arg.hasDefault) || random.chance(0.6));
    if (given.length === 0) return "";
    const texts = given.map((arg) =>
      `${arg.name}: ${field.name === "__type" ? `"${random.pick(["Query", "I0", "E0", "Odd", "N0", "nope"])}"` : literal(random, this.names, arg.type, (type) => this.variable(type))}`);
    return `(${texts.join(", ")})`;
  }

  directives(place) {
    const { random } = this;
    let text = "";
    if (random.chance(0.12)) {
      const value = random.chance(0.5) ? this.variable("Boolean!") ?? "true" : random.pick(["true", "false"]);
      text += ` @${random.pick(["skip", "include"])}(if: ${value})`;
    }
    if (random.chance(0.03)) text += ` @rep(x: ${random.int(1, 5)}) @rep`;
    if (place !== "FRAGMENT_SPREAD" && random.chance(0.02)) text += ' @one(s: "s")';
    return text;
  }

  fieldsOf(type) {
    const { objects, interfaces } = this.names;
    return (objects[type] ?? interfaces[type] ?? introspection[type])?.fields ?? [];
  }

  isComposite(type) {
    const { objects, interfaces, unions } = this.names;
    return Boolean(objects[type] ?? interfaces[type] ?? unions[type] ?? introspection[type]);
  }

  /** Types whose objects may be of this type too. */
  related(type) {
    const { objects, interfaces, unions } = this.names;
    if (introspection[type]) return [type];
    const possible = (name) => (objects[name] ? [name] : unions[name]
      ?? Object.keys(objects).filter((one) => objects[one].interfaces.includes(name)));
    const own = possible(type);
    return [...Object.keys(objects), ...Object.keys(interfaces), ...Object.keys(unions)]
      .filter((name) => possible(name).some((one) => own.includes(one)));
  }

  field(type, depth) {
    const { random } = this;
    const fields = this.fieldsOf(type);
    if (fields.length === 0 || random.chance(0.08)) {
      return `${random.chance(0.2) ? "t: " : ""}__typename`;
    }
    const field = type === "Query" && random.chance(0.02) ? random.pick(rootFields) : random.pick(fields);
    const inner = named(field.type);
    if (this.isComposite(inner) && depth <= 0) return "__typename";
    // A field with arguments has its own key, lest two of it conflict; now and then it doesn't.
    const alone = field.args.length > 0 && random.chance(0.95);
    const alias = alone ? `k${this.pending++}: ` : random.chance(0.1) ? `${random.pick(["x", "y", "f0"])}${random.int(0, 30)}: ` : "";
    return alias + field.name + this.arguments(field) + this.directives("FIELD")
      + (this.isComposite(inner) ? ` ${this.selection(inner, depth - 1)}` : "");
  }

  spread(type, depth) {
    const { random } = this;
    const on = random.pick(this.related(type).concat(type));
    if (random.chance(0.5) || this.fragments.length >= 5) {
      const condition = random.chance(0.85) ? ` on ${on}` : "";
      return `...${condition}${this.directives("INLINE_FRAGMENT")} ${this.selection(condition ? on : type, depth - 1)}`;
    }
    const known = this.fragments.filter((one) => one.done && one.on === on);
    if (known.length && random.chance(0.4)) return `...${random.pick(known).name}`;
    const fragment = { name: `F${this.fragments.length}`, on, done: false };
    this.fragments.push(fragment);
    fragment.text = this.selection(on, depth - 1);
    fragment.done = true;
    return `...${fragment.name}${this.directives("FRAGMENT_SPREAD")}`;
  }

  selection(type, depth) {
    const { random } = this;
    const parts = [];
    for (let i = random.int(1, 4); i > 0; i--) {
      parts.push(depth > 0 && random.chance(0.2) ? this.spread(type, depth) : this.field(type, depth));
    }
    return `{ ${parts.join(" ")} }`;
  }

  operation(kind, root) {
    const { random } = this;
    const body = kind === "subscription" ? `{ ${this.field(root, 3)} }` : this.selection(root, random.int(2, 5));
    const fragments = this.fragments.map((one) => `fragment ${one.name} on ${one.on} ${one.text}`);
    const variables = [...this.variables].map(([name, { type, value }]) =>
      `$${name}: ${type}${value === undefined ? "" : ` = ${value}`}`);
    const head = variables.length || kind !== "query" || random.chance(0.5)
      ? `${random.chance(0.05) ? '"About it" ' : ""}${kind} ${random.chance(0.7) ? "Op" : ""}${variables.length ? `(${variables.join(", ")})` : ""} ` : "";
    return [head + body, ...fragments].join("\n");
  }
}

const BAD = [null, 1, -2147483649, 1.5, "text", true, [], [1, null], { a: 1 }, "V0", "NOPE"];

function value(random, names, type, depth = 0) {
  if (random.chance(0.04)) return random.pick(BAD);
  if (type.endsWith("!")) return value(random, names, type.slice(0, -1), depth);
  if (random.chance(0.05)) return null;
  if (type.startsWith("[")) {
    if (random.chance(0.1)) return value(random, names, type.slice(1, -1), depth + 1);
    return Array.from({ length: random.int(1, 3) }, () => value(random, names, type.slice(1, -1), depth + 1));
  }
  switch (type) {
    case "Int": return random.int(-9, 99);
    case "Float": return random.pick([0.5, -2.25, 7]);
    case "String": return random.pick(["s", "ü 😀 \n", ""]);
    case "Boolean": return random.chance(0.5);
    case "ID": return random.pick(["id", 12]);
    case "Odd": return random.pick([1, 3, -5, 4, "odd", [1]]);
    case "Any": return random.pick([1, "s", true, [1, 2], { k: { l: [null] } }]);
    default:
  }
  if (names.enums[type]) return random.pick(names.enums[type]);
  const fields = names.inputs[type];
  if (!fields) return 1;
  const list = fields.oneOf ? [depth > 3 ? fields.list[0] : random.pick(fields.list)] : fields.list.filter(([, of, hasDefault]) =>
    (of.endsWith("!") && !hasDefault) || (depth < 3 && random.chance(0.5)));
  return Object.fromEntries(list.map(([name, of]) => [name, value(random, names, of, depth + 1)]));
}

/** One more operation: which of them is meant is told by its name, or is not. */
function another(random, made) {
  made.query += `\nquery Other { __typename ${random.pick(["", "...F0", "nope"])} }`;
  made.operation = random.pick(["Op", "Op", "Other", "Nobody", undefined]);
}

/** A document that is meant to be valid, with variables that mostly are. */
export function makeDocument(random, { names }) {
  const maker = new Maker(random, names);
  const kinds = [["query", "Query"], ["query", "Query"], ["query", "Query"]];
  if (names.objects.Mutation) kinds.push(["mutation", "Mutation"]);
  if (names.objects.Subscription) kinds.push(["subscription", "Subscription"]);
  const [kind, root] = random.pick(kinds);
  const made = { kind, root, query: maker.operation(kind, root), variables: {} };
  for (const [name, { type, value: own }] of maker.variables) {
    if ((own !== undefined || !type.endsWith("!")) ? random.chance(0.7) : random.chance(0.97)) {
      made.variables[name] = value(random, names, type);
    }
  }
  if (random.chance(0.08)) another(random, made);
  if (random.chance(0.1)) made.query = scattered(random, made.query);
  return made;
}

const TOKENS = /"""[^]*?"""|"(?:\\.|[^"\\])*"|\.\.\.|[_A-Za-z][_A-Za-z0-9]*|-?[0-9]+(?:\.[0-9]+)?|[^\s]/g;

const IGNORED = [" ", "\n", "\r\n", "\r", "\t", ",", ", ", " # said\n", "\n  #\r", "\ufeff"];

/** The same text with other white space, commas and comments between its tokens. */
export function scattered(random, text) {
  return (text.match(TOKENS) ?? []).map((token) => token + random.pick(IGNORED)).join("");
}

/** The same text with one or two tokens changed. */
export function spoil(random, text) {
  const tokens = text.match(TOKENS) ?? [];
  for (let i = random.int(1, 2); i > 0; i--) {
    const at = random.int(0, tokens.length - 1);
    const other = random.pick(tokens);
    const change = random.int(0, 9);
    if (change < 2) tokens.splice(at, 1);
    else if (change < 4) tokens.splice(at, 0, other);
    else if (change < 8 && /^[_A-Za-z]/.test(tokens[at])) {
      const names = tokens.filter((token) => /^[_A-Za-z]/.test(token));
      tokens[at] = random.pick([...names, "nope", "Int", "Query", "__typename", "on"]);
    } else if (change < 9) tokens[at] = random.pick(["{", "}", "(", ")", "!", "$v0", "1", '"s"', "null", "[", "]", "@", "&", "|", "V0", "{a:1}", "[1]"]);
    else tokens.splice(at, 1, tokens[at], tokens[at]);
  }
  return tokens.join(" ");
}
