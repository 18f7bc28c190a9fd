// graphql-js's answers for the same schemas, documents, data.

import "../../lib/node18.mjs";
import {
  buildASTSchema, execute, getOperationAST, GraphQLError, isExecutableDefinitionNode, isInterfaceType, isObjectType,
  isScalarType, parse, print, subscribe, validate, validateSchema, valueFromASTUntyped, visit,
} from "graphql";
import { validateSDL } from "graphql/validation/validate.js";

const OPTIONS = { allowEmptySelectionSets: false };

/** A schema, or its errors. */
export function buildSchema(sdl) {
  let document;
  try {
    document = parse(sdl, OPTIONS);
  } catch (error) {
    return { errors: [error] };
  }
  // What is no type is left out by graphql-js, and an error to us.
  if (document.definitions.some(isExecutableDefinitionNode)) return { thrown: true };
  let errors = validateSDL(document);
  if (errors.length > 0) return { errors };
  let schema;
  try {
    schema = buildASTSchema(document, { assumeValidSDL: true });
    errors = validateSchema(schema);
  } catch (error) {
    return { errors: [error], thrown: true };
  }
  if (errors.length > 0) return { errors };
  for (const type of Object.values(schema.getTypeMap())) {
    if ((isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith("__")) {
      for (const field of Object.values(type.getFields())) field.resolve = resolver(field);
    }
    if (type.name === "Odd" && isScalarType(type)) attachOdd(type);
  }
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) field.subscribe = events;
  return { schema };
}

/** A text as it is printed, every description between the same quotes; undefined if it is no document. */
export function printed(text) {
  let document;
  try {
    document = parse(text, OPTIONS);
  } catch {
    return undefined;
  }
  const enter = (node) => (node.description ? { ...node, description: { ...node.description, block: false } } : undefined);
  return print(visit(document, { enter }));
}

// The scalar Odd: odd integers, and nothing else. The same is in driver.lua.
function odd(value) {
  if (Number.isInteger(value) && value % 2 !== 0) return value;
  throw new Error("not odd");
}

function attachOdd(scalar) {
  const literal = (node) => odd(valueFromASTUntyped(node));
  Object.assign(scalar, { coerceOutputValue: odd, serialize: odd, coerceInputValue: odd, parseValue: odd,
    coerceInputLiteral: literal, parseLiteral: literal });
}

function unwrap(value) {
  if (value === null || typeof value !== "object") return value;
  if ("$error" in value) return new GraphQLError(value.$error);
  if (Array.isArray(value)) return value.map(unwrap);
  return value;
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

function resolver(field) {
  const echo = field.args.length > 0 && String(field.type).replaceAll("!", "") === "String";
  return (object, args) => {
    if (echo) return JSON.stringify(sorted(args));
    const value = unwrap(object[field.name]);
    if (value instanceof Error) throw value;
    return value;
  };
}

/** What a subscription's root field gives: its root value has the list. */
async function* generator(list) {
  for (const root of list) yield root;
}

function events(root) {
  if (root?.$events === undefined) throw new GraphQLError("no events");
  return generator(root.$events);
}

/** The answers to a subscription in a list, or the one error; undefined when it is none. */
export async function answers(schema, { query, variables, root, operation }) {
  const document = parse(query, OPTIONS);
  if (getOperationAST(document, operation)?.operation !== "subscription") return undefined;
  const given = await subscribe({
    schema, document, rootValue: root, variableValues: variables, operationName: operation,
  });
  if (!given[Symbol.asyncIterator]) return [JSON.parse(JSON.stringify(given))];
  const list = [];
  for await (const one of given) list.push(JSON.parse(JSON.stringify(one)));
  return list;
}

/** The answer to a request, as JSON. */
export function answer(schema, { query, variables, root, operation }) {
  let document;
  try {
    document = parse(query, OPTIONS);
  } catch (error) {
    return { errors: [error.toJSON()] };
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return { errors: errors.map((error) => error.toJSON()) };
  const result = execute({
    schema, document, rootValue: root, variableValues: variables, operationName: operation,
  });
  return JSON.parse(JSON.stringify(result));
}
