// Makes schemas: a few types of each kind that refer to each other, as SDL.

import { extensions, marked } from "./extend.mjs";

const LEAVES = ["Int", "Float", "String", "Boolean", "ID"];

const range = (n, prefix) => Array.from({ length: n }, (_, i) => prefix + i);

function wrap(random, name, nonNull = 0.3) {
  let text = name;
  if (random.chance(nonNull)) text += "!";
  if (random.chance(0.3)) text = `[${text}]${random.chance(nonNull) ? "!" : ""}`;
  if (random.chance(0.05)) text = `[${text}]`;
  return text;
}

/** A literal of an input type, as SDL or a document has it. `variable(type)` may give a variable. */
export function literal(random, names, type, variable, depth = 0) {
  if (variable && random.chance(0.25)) {
    const given = variable(type);
    if (given) return given;
  }
  if (type.endsWith("!")) return literal(random, names, type.slice(0, -1), variable, depth + 0.001);
  if (random.chance(0.07) && depth % 1 === 0) return "null";
  if (type.startsWith("[")) {
    const inner = type.slice(1, -1);
    if (random.chance(0.15)) return literal(random, names, inner, variable, Math.floor(depth) + 1.5);
    const items = range(random.int(0, 3), "").map(() => literal(random, names, inner, variable, Math.floor(depth) + 1));
    return `[${items.join(", ")}]`;
  }
  switch (type) {
    case "Int": return String(random.int(-5, 100));
    case "Float": return random.pick(["1.5", "-0.25", "3", "1e3"]);
    case "String": return random.pick(['"x"', '"a \\"quoted\\" \\u{1F600}"', '""', '"""block\n  text"""',
      '"\\uD83D\\uDE00\\t\\/"', '"""\\n\\""" "\r\n\t  a\r     b\n\n   """', '"#, no comment"']);
    case "Boolean": return random.pick(["true", "false"]);
    case "ID": return random.pick(['"id"', "7"]);
    case "Odd": return random.pick(variable && random.chance(0.2) ? ["2", '"odd"', "[1]", "{a: 1}", "X"] : ["1", "7", "-3"]);
    case "Any": return random.pick(["1", '"s"', "{a: [1, {b: null}]}", "SOME", "[true, 2.5]"]);
    default:
  }
  if (names.enums[type]) return random.pick(names.enums[type]);
  const fields = names.inputs[type];
  if (!fields) return "1";
  if (fields.oneOf) {
    const [name, of] = depth > 3 ? fields.list[0] : random.pick(fields.list);
    return `{${name}: ${literal(random, names, of + "!", variable, Math.floor(depth) + 1)}}`;
  }
  const given = fields.list.filter(([, of, hasDefault]) =>
    (of.endsWith("!") && !hasDefault) || (depth < 3 && random.chance(0.5)));
  return `{${given.map(([name, of]) => `${name}: ${literal(random, names, of, variable, Math.floor(depth) + 1)}`).join(", ")}}`;
}

function describe(random, indent = "") {
  const text = random.pick(['"""About it"""', '" "', '"\\n a\\n  b"', '"a \\"\\"\\" b\\\\"', '"""\n  a\n    b\n  """']);
  return random.chance(0.15) ? `${indent}${text}\n` : "";
}

const deprecated = (random) => (random.chance(0.07) ? ` @deprecated${random.chance(0.5) ? '(reason: "old")' : ""}` : "");

function inputs(random, names) {
  const texts = [];
  const list = Object.keys(names.inputs);
  list.forEach((name, at) => {
    const oneOf = random.chance(0.3);
    const usable = [...LEAVES, "Any", "Odd", ...Object.keys(names.enums), ...list.slice(at)];
    const fields = range(random.int(1, 4), "f").map((field) => {
      // The first field is a leaf, so that there is an end to values.
      let type = wrap(random, field === "f0" ? random.pick(LEAVES) : random.pick(usable), oneOf ? 0 : 0.2);
      const refers = list.some((other) => type.includes(other));
      if (refers || oneOf) type = type.replace(/!$/, "");
      const hasDefault = !refers && !oneOf && random.chance(0.25);
      return [field, type, hasDefault];
    });
    names.inputs[name].list = fields;
    names.inputs[name].oneOf = oneOf;
  });
  list.forEach((name) => {
    const { list: fields, oneOf } = names.inputs[name];
    const lines = fields.map(([field, type, hasDefault]) =>
      `  ${field}: ${type}${hasDefault ? ` = ${literal(random, names, type)}` : ""}${type.endsWith("!") && !hasDefault ? "" : deprecated(random)}${marked(random)}`);
    texts.push(`${describe(random)}input ${name}${oneOf ? " @oneOf" : ""} {\n${lines.join("\n")}\n}`);
  });
  return texts;
}

function args(random, names, share = 0.35) {
  if (!random.chance(share)) return [];
  const usable = [...LEAVES, "Any", "Odd", ...Object.keys(names.enums), ...Object.keys(names.inputs)];
  return range(random.int(1, 3), "a").map((name) => {
    const type = wrap(random, random.pick(usable), 0.2);
    const hasDefault = random.chance(0.25);
    return { name, type, hasDefault, text: `${name}: ${type}${hasDefault ? ` = ${literal(random, names, type)}` : ""}` };
  });
}

function field(random, names, name, outputs) {
  const given = args(random, names);
  // A field with arguments of type String gives them back: see driver.lua.
  const type = given.length && random.chance(0.7)
    ? `String${random.chance(0.2) ? "!" : ""}` : wrap(random, random.pick(outputs));
  return { name, type, args: given, text: `${name}${given.length ? `(${given.map((arg) => arg.text).join(", ")})` : ""}: ${type}` };
}

/** An object's field of an interface may be non-null, and take arguments more. */
function narrowed(random, field) {
  const own = { ...field, args: [...field.args] };
  if (!field.type.endsWith("!") && random.chance(0.2)) own.type += "!";
  if (field.args.length > 0 && random.chance(0.3)) {
    own.args.push({ name: "more", type: "[Int]", hasDefault: false, text: "more: [Int]" });
  }
  own.text = `${field.name}${own.args.length ? `(${own.args.map((arg) => arg.text).join(", ")})` : ""}: ${own.type}`;
  return own;
}

/** A schema: its SDL, and what is in it by name. */
export function makeSchema(random) {
  const names = { enums: {}, inputs: {}, objects: {}, interfaces: {}, unions: {} };
  for (const name of range(random.int(1, 3), "E")) names.enums[name] = range(random.int(1, 4), "V");
  for (const name of range(random.int(1, 4), "I")) names.inputs[name] = {};
  const objects = range(random.int(2, 5), "O");
  const interfaces = range(random.int(1, 3), "N");
  const unions = range(random.int(0, 2), "U");
  const outputs = [...LEAVES, ...LEAVES, "Any", "Odd", ...Object.keys(names.enums), ...objects, ...interfaces, ...unions];
  const texts = ["scalar Any", `scalar Odd${random.chance(0.3) ? ' @specifiedBy(url: "https://odd")' : ""}`, ...inputs(random, names)];
  for (const [name, values] of Object.entries(names.enums)) {
    texts.push(`${describe(random)}enum ${name}${marked(random)} { ${values.map((v) => v + deprecated(random) + marked(random)).join(" ")} }`);
  }
  interfaces.forEach((name, at) => {
    const parents = at > 0 && random.chance(0.4) ? [interfaces[at - 1]] : [];
    const all = [...new Set(parents.flatMap((parent) => [parent, ...names.interfaces[parent].parents]))];
    const own = range(random.int(1, 2), `n${at}`).map((f) => field(random, names, f, outputs));
    const fields = [...all.flatMap((parent) => names.interfaces[parent].own), ...own];
    names.interfaces[name] = { parents: all, own, fields };
  });
  for (const [name, { parents, fields }] of Object.entries(names.interfaces)) {
    texts.push(`${describe(random)}interface ${name}${parents.length ? ` implements ${parents.join(" & ")}` : ""} {\n${fields.map((f) => "  " + f.text).join("\n")}\n}`);
  }
  const object = (name, least) => {
    const chosen = random.some(interfaces, 0, 0.4);
    const all = [...new Set(chosen.flatMap((one) => [one, ...names.interfaces[one].parents]))];
    const inherited = all.flatMap((one) => names.interfaces[one].own);
    const own = range(random.int(least, 5), "f").map((f) => field(random, names, f, outputs));
    const fields = [...inherited.map((f) => narrowed(random, f)), ...own];
    names.objects[name] = { interfaces: all, fields };
    const lines = fields.map((f) => `${describe(random, "  ")}  ${f.text}${own.includes(f) ? deprecated(random) : ""}${marked(random)}`);
    texts.push(`${describe(random)}type ${name}${all.length ? ` implements ${all.join(" & ")}` : ""} {\n${lines.join("\n")}\n}`);
  };
  object("Query", 4);
  for (const name of objects) object(name, 1);
  if (random.chance(0.5)) object("Mutation", 2);
  if (random.chance(0.4)) object("Subscription", 2);
  for (const name of unions) {
    names.unions[name] = random.some(objects, 1);
    texts.push(`union ${name} = ${names.unions[name].join(" | ")}`);
  }
  texts.push("directive @rep(x: Int, y: E0 = V0) repeatable on FIELD | QUERY | FRAGMENT_SPREAD | VARIABLE_DEFINITION");
  texts.push("directive @one(s: String!) on FIELD | FRAGMENT_DEFINITION | INLINE_FRAGMENT");
  extensions(random, names, texts);
  return { sdl: texts.join("\n\n"), names };
}
