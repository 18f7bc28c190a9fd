// Parses a table's filter: words that the key contains, and conditions such as calls>100,
// comm=bash, latency<=5, comm~^kworker.

export type Op = "EQ" | "NE" | "LT" | "LE" | "GT" | "GE" | "CONTAINS" | "MATCHES";
export interface Condition { column: string; op: Op; value: string | number }

const ops: Record<string, Op> = {
  "=": "EQ", "==": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "~": "MATCHES",
};

const condition = /^([\w.#[\]@ -]*?\w)\s*(==|!=|<=|>=|=|<|>|~)\s*(.*)$/;

const number = (text: string): string | number =>
  /^-?\d+(\.\d+)?$/.test(text) && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER
    ? Number(text) : text;

/** The conditions, or the word that names no column. */
export function parseFilter(
  text: string, columns: readonly { name: string; part: string }[],
): { conditions: Condition[]; unknown?: string } {
  const key = columns.find((column) => column.part === "KEY");
  const conditions: Condition[] = [];
  for (const part of text.split(/\s*[,;]\s*/).filter(Boolean)) {
    const found = condition.exec(part.trim());
    if (found) {
      const column = columns.find(({ name }) => name.toLowerCase() === found[1]!.toLowerCase());
      if (!column) return { conditions, unknown: found[1]! };
      conditions.push({ column: column.name, op: ops[found[2]!]!, value: number(found[3]!) });
    } else if (key) {
      conditions.push({ column: key.name, op: "CONTAINS", value: part.trim() });
    }
  }
  return { conditions };
}
