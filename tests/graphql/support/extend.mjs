// Extensions of every kind of type, a schema's own definition, and a directive on all of them.

const MARK = `directive @mark(level: Int! = 1, tags: [E0!] = [V0], deep: I0 @deprecated) repeatable on SCHEMA | SCALAR
  | OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | INTERFACE | UNION | ENUM | ENUM_VALUE | INPUT_OBJECT
  | INPUT_FIELD_DEFINITION`;

const MARKS = [" @mark", " @mark(level: 2)", " @mark @mark(tags: [])", " @mark(tags: V0)"];

/** A directive at a definition, now and then. */
export const marked = (random) => (random.chance(0.04) ? random.pick(MARKS) : "");

const leaf = (name) => ({ name, type: "Int", args: [], text: `${name}: Int` });

const makers = {
  enum(random, { enums }) {
    const name = random.pick(Object.keys(enums));
    enums[name].push("X0");
    return `extend enum ${name} { X0 }`;
  },
  input(random, { inputs }) {
    const name = random.pick(Object.keys(inputs));
    const of = random.pick(["Int", "[E0]", "Odd"]);
    inputs[name].list.push(["x", of, false]);
    return `extend input ${name} { x: ${of} }`;
  },
  interface(random, { interfaces, objects }) {
    const name = random.pick(Object.keys(interfaces));
    const field = leaf("x" + name);
    const has = [[name, "interface", interfaces[name]]];
    for (const [other, made] of Object.entries(interfaces)) if (made.parents.includes(name)) has.push([other, "interface", made]);
    for (const [other, made] of Object.entries(objects)) if (made.interfaces.includes(name)) has.push([other, "type", made]);
    return has.map(([other, kind, made]) => {
      made.fields = [...made.fields, field];
      return `extend ${kind} ${other} { ${field.text} }`;
    }).join("\n\n");
  },
  object(random, { objects }) {
    const name = random.pick(Object.keys(objects));
    objects[name].fields.push(leaf("xo"));
    return `extend type ${name}${random.pick(["", " @mark"])} { xo: Int }`;
  },
  implementing(random, { interfaces, objects }) {
    interfaces.NX = { parents: [], own: [leaf("nx")], fields: [leaf("nx")] };
    const name = random.pick(Object.keys(objects));
    objects[name].fields.push(leaf("nx"));
    objects[name].interfaces = [...objects[name].interfaces, "NX"];
    return `extend type ${name} implements NX { nx: Int }\n\ninterface NX { nx: Int }`;
  },
  union(random, { unions, objects }) {
    const name = random.pick(Object.keys(unions));
    const other = name && Object.keys(objects).find((one) => !unions[name].includes(one));
    if (!other) return "";
    unions[name].push(other);
    return `extend union ${name} = ${other}`;
  },
  scalar: (random) => random.pick(["extend scalar Odd @mark", 'extend scalar Any @specifiedBy(url: "https://any")']),
};

/** Puts extensions among the texts, before and behind what they extend. */
export function extensions(random, names, texts) {
  texts.push(MARK);
  const insert = (text) => texts.splice(random.int(0, texts.length), 0, text);
  for (const make of Object.values(makers)) {
    const text = random.chance(0.2) ? make(random, names) : "";
    if (text) insert(text);
  }
  if (random.chance(0.3)) {
    const roots = ["Query", "Mutation", "Subscription"].filter((name) => names.objects[name]);
    insert(`${random.pick(["", '"All of it"\n'])}schema${marked(random)} {\n${roots.map((name) => `  ${name.toLowerCase()}: ${name}`).join("\n")}\n}`);
  }
  if (random.chance(0.1)) insert("extend schema @mark");
}
