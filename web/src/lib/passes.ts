// The passes of a rule as far as they are known: what the server kept, and what it told since.

export interface Pass { time: number; samples: number; seconds: number; errors: number }

/** As many as the server keeps. */
const most = 120;

/** What is known, with what was told; each pass once, oldest first. */
export function joined(known: readonly Pass[], told: readonly Pass[]): readonly Pass[] {
  const byTime = new Map([...known, ...told].map((pass) => [pass.time, pass]));
  return [...byTime.values()].sort((a, b) => a.time - b.time).slice(-most);
}

/** Were there passes between what is known and what was told of the last ones? */
export const missed = (known: readonly Pass[], told: readonly Pass[], asked: number): boolean =>
  known.length > 0 && told.length === asked && told[0]!.time > known[known.length - 1]!.time;
