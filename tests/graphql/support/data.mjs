// Makes data for a root type: values for resolvers, some of them null, wrong, or an error.

const range = (n) => Array.from({ length: n });

export function makeData(random, names, type, depth = 0) {
  if (random.chance(0.03)) return { $error: `boom ${random.int(1, 9)}` };
  if (type.endsWith("!")) return random.chance(0.04) ? null : makeData(random, names, type.slice(0, -1), depth);
  if (random.chance(0.06)) return null;
  if (type.startsWith("[")) {
    if (random.chance(0.02)) return 5;
    return range(random.int(0, 3)).map(() => makeData(random, names, type.slice(1, -1), depth));
  }
  if (random.chance(0.03)) return random.pick(["odd", 3000000000, 1.5, true, "12"]);
  switch (type) {
    case "Int": return random.int(-9, 99);
    case "Float": return random.pick([1.5, 2, -0.125, 1e21]);
    case "String": return random.pick(["text", "ü😀\u2028", "a\n\"b\""]);
    case "Boolean": return random.chance(0.5);
    case "ID": return random.pick(["id", 7]);
    case "Odd": return random.pick([1, -7, 9, 2, "odd"]);
    case "Any": return random.pick([1, "any", true, [1, "x"], { k: 1 }]);
    default:
  }
  if (names.enums[type]) return random.pick(names.enums[type]);
  if (depth > 5) return null;
  return object(random, names, concrete(random, names, type), depth + 1);
}

function concrete(random, names, type) {
  if (names.objects[type]) return type;
  const possible = names.unions[type]
    ?? Object.keys(names.objects).filter((one) => names.objects[one].interfaces.includes(type));
  if (possible.length === 0 || random.chance(0.03)) return random.pick(["Query", "Nowhere", "E0"]);
  return random.pick(possible);
}

function object(random, names, type, depth) {
  const made = {};
  if (!random.chance(0.02)) made.__typename = type;
  for (const field of names.objects[type]?.fields ?? []) {
    made[field.name] = makeData(random, names, field.type, depth);
  }
  return made;
}

export function makeRoot(random, names, type) {
  return object(random, names, type, 0);
}
