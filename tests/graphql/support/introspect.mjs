// The fields of introspection, for random documents.

const TEXT = {
  __Schema: "description: String, types: [__Type!]!, queryType: __Type!, mutationType: __Type, subscriptionType: __Type, directives: [__Directive!]!",
  __Type: "kind: __TypeKind!, name: String, description: String, specifiedByURL: String, fields+: [__Field!], interfaces: [__Type!], possibleTypes: [__Type!], enumValues+: [__EnumValue!], inputFields+: [__InputValue!], ofType: __Type, isOneOf: Boolean",
  __Field: "name: String!, description: String, args+: [__InputValue!]!, type: __Type!, isDeprecated: Boolean!, deprecationReason: String",
  __InputValue: "name: String!, description: String, type: __Type!, defaultValue: String, isDeprecated: Boolean!, deprecationReason: String",
  __EnumValue: "name: String!, description: String, isDeprecated: Boolean!, deprecationReason: String",
  __Directive: "name: String!, description: String, isRepeatable: Boolean!, locations: [__DirectiveLocation!]!, args+: [__InputValue!]!",
};

const DEPRECATED = { name: "includeDeprecated", type: "Boolean!", hasDefault: true };

/** The types of introspection, as makeSchema gives objects. */
export const introspection = Object.fromEntries(Object.entries(TEXT).map(([name, text]) => [name, {
  interfaces: [],
  fields: text.split(", ").map((field) => {
    const [, own, plus, type] = field.match(/^(\w+)(\+?): (.+)$/);
    return { name: own, type, args: plus ? [DEPRECATED] : [] };
  }),
}]));

/** What a query's root has of it. */
export const rootFields = [
  { name: "__schema", type: "__Schema!", args: [] },
  { name: "__type", type: "__Type", args: [{ name: "name", type: "String!", hasDefault: false }] },
];
