// Reads src/queries/*.graphql, holds each against ../lua/schema.graphql and writes gen/queries.ts:
// the documents with the types of their variables and results.

import { readFileSync, readdirSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  buildSchema, parse, print, validate, specifiedRules, Source, typeFromAST, getNamedType,
  isNonNullType, isListType, isEnumType, isScalarType, isAbstractType, isInputObjectType,
} from "graphql";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const scalars = {
  Int: "number", Float: "number", String: "string", ID: "string", Boolean: "boolean",
  UInt64: "string", Int64: "string", JSON: "Json",
};

/** The queries' definitions, or an error that names the file and line of each mistake. */
export function readQueries(dir = join(web, "src/queries")) {
  const files = readdirSync(dir).filter((name) => name.endsWith(".graphql")).sort();
  return files.flatMap((name) => {
    const body = readFileSync(join(dir, name), "utf8");
    return parse(new Source(body, `src/queries/${name}`)).definitions;
  });
}

export function readSchema(path = join(web, "../lua/schema.graphql")) {
  return buildSchema(readFileSync(path, "utf8"));
}

export function check(schema, definitions) {
  return validate(schema, { kind: "Document", definitions }, specifiedRules).map(
    (error) => {
      const node = error.nodes?.[0];
      const place = node?.loc ? `${node.loc.source.name}:${node.loc.startToken.line}: ` : "";
      return place + error.message;
    });
}

class Types {
  constructor(schema, definitions) {
    this.schema = schema;
    this.inputs = new Map();
    this.fragments = new Map(definitions.filter((d) => d.kind === "FragmentDefinition")
      .map((d) => [d.name.value, d]));
  }

  input(type) {
    if (isNonNullType(type)) return this.inputValue(type.ofType);
    return `${this.inputValue(type)} | null`;
  }

  inputValue(type) {
    if (isListType(type)) return `(${this.input(type.ofType)})[]`;
    if (isEnumType(type)) return enumText(type);
    if (isScalarType(type)) return scalars[type.name];
    if (!isInputObjectType(type)) throw new Error(`${type} is no input type`);
    this.noteInput(type);
    return type.name;
  }

  /** Input objects have names of their own: they may hold themselves. */
  noteInput(type) {
    if (this.inputs.has(type.name)) return;
    this.inputs.set(type.name, "");
    const fields = Object.values(type.getFields()).map((field) => {
      const optional = !isNonNullType(field.type) || field.defaultValue !== undefined;
      return `${field.name}${optional ? "?" : ""}: ${this.input(field.type)}`;
    });
    this.inputs.set(type.name, `export type ${type.name} = { ${fields.join("; ")} };`);
  }

  output(type, selection) {
    if (isNonNullType(type)) return this.outputValue(type.ofType, selection);
    return `${this.outputValue(type, selection)} | null`;
  }

  outputValue(type, selection) {
    if (isListType(type)) return `(${this.output(type.ofType, selection)})[]`;
    if (isEnumType(type)) return enumText(type);
    if (isScalarType(type)) return scalars[type.name];
    if (isAbstractType(type)) throw new Error(`${type}: interfaces and unions are not typed here`);
    return this.object(type, [selection]);
  }

  /** The type of an object: fields that are selected twice are merged. */
  object(type, selections) {
    const fields = new Map();
    for (const selection of selections) this.collect(type, selection, fields);
    const lines = [...fields].map(([name, { field, subs }]) => {
      const merged = subs.length ? { kind: "SelectionSet", selections: subs } : undefined;
      return `${name}: ${this.output(field.type, merged)}`;
    });
    return `{ ${lines.join("; ")} }`;
  }

  collect(type, selection, fields) {
    for (const node of selection.selections) {
      if (node.kind === "FragmentSpread") {
        this.collect(type, this.fragments.get(node.name.value).selectionSet, fields);
      } else if (node.kind === "InlineFragment") {
        this.collect(type, node.selectionSet, fields);
      } else {
        const name = (node.alias ?? node.name).value;
        const entry = fields.get(name) ?? { field: type.getFields()[node.name.value], subs: [] };
        entry.subs.push(...(node.selectionSet?.selections ?? []));
        fields.set(name, entry);
      }
    }
  }

  variables(definition) {
    const list = definition.variableDefinitions ?? [];
    if (!list.length) return "Record<string, never>";
    const fields = list.map((variable) => {
      const type = typeFromAST(this.schema, variable.type);
      const optional = !isNonNullType(type) || variable.defaultValue;
      return `${variable.variable.name.value}${optional ? "?" : ""}: ${this.input(type)}`;
    });
    return `{ ${fields.join("; ")} }`;
  }
}

const enumText = (type) => `(${type.getValues().map((v) => `"${v.name}"`).join(" | ")})`;

/** Fragments that a definition spreads, through others, each once. */
function spreads(definition, fragments, found = new Set()) {
  JSON.stringify(definition.selectionSet, (key, value) => {
    if (value?.kind === "FragmentSpread" && !found.has(value.name.value)) {
      found.add(value.name.value);
      spreads(fragments.get(value.name.value), fragments, found);
    }
    return key === "loc" ? undefined : value;
  });
  return found;
}

export function generate(schema, definitions) {
  const types = new Types(schema, definitions);
  const lines = [
    "// Made by tools/queries.mjs from src/queries/*.graphql and lua/schema.graphql.",
    "",
    "/** Any JSON value. */",
    "export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };",
    "",
    "/** A document with the types of its result and variables. */",
    "export interface Doc<Data, Variables> {",
    "  name: string; text: string; data?: Data; variables?: Variables;",
    "}",
    "",
    "const doc = (name: string, ...parts: string[]) => ({ name, text: parts.join(\"\") });",
    "",
  ];
  const root = { query: "Query", mutation: "Mutation", subscription: "Subscription" };
  for (const [name, definition] of types.fragments) {
    const type = schema.getType(definition.typeCondition.name.value);
    lines.push(`export type ${name} = ${types.object(type, [definition.selectionSet])};`);
    lines.push(`const text${name} = ${JSON.stringify("\n" + print(definition))};`);
  }
  for (const definition of definitions) {
    if (definition.kind !== "OperationDefinition") continue;
    const name = definition.name.value;
    const type = schema.getType(root[definition.operation]);
    lines.push("", `export type ${name}Data = ${types.object(type, [definition.selectionSet])};`);
    lines.push(`export type ${name}Variables = ${types.variables(definition)};`);
    const parts = [JSON.stringify(print(definition))];
    for (const fragment of spreads(definition, types.fragments)) parts.push(`text${fragment}`);
    // Pure: a script that does not use it is built without it.
    lines.push(`export const ${name}: Doc<${name}Data, ${name}Variables> = /* @__PURE__ */ doc(`);
    lines.push(`  "${name}", ${parts.join(", ")});`);
  }
  return [...lines, "", ...types.inputs.values()].join("\n") + "\n";
}

function main() {
  const schema = readSchema();
  const definitions = readQueries();
  const mistakes = check(schema, definitions);
  if (mistakes.length) {
    for (const mistake of mistakes) console.error(mistake);
    process.exit(1);
  }
  const text = generate(schema, definitions);
  const out = join(web, "gen/queries.ts");
  mkdirSync(dirname(out), { recursive: true });
  if (!existsSync(out) || readFileSync(out, "utf8") !== text) writeFileSync(out, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
