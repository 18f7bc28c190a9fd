// The same answers from graphql-js: schemas, documents, data.

import "../../lib/node18.mjs";
import {
  buildASTSchema, execute, GraphQLError, isExecutableDefinitionNode, isInterfaceType, isObjectType,
  parse, print, validate, validateSchema, visit,
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
  }
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
