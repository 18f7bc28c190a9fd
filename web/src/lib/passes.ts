// A rule's passes: those that the server has stored, and those received since.

export interface Pass { time: number; samples: number; seconds: number; errors: number }

/** The number that the server stores. */
const most = 120;

/** The known passes and the received ones; each once, oldest first. */
export function joined(known: readonly Pass[], told: readonly Pass[]): readonly Pass[] {
  const byTime = new Map([...known, ...told].map((pass) => [pass.time, pass]));
  return [...byTime.values()].sort((a, b) => a.time - b.time).slice(-most);
}

/** True when passes are missing between the known and the received ones. */
export const missed = (known: readonly Pass[], told: readonly Pass[], asked: number): boolean =>
  known.length > 0 && told.length === asked && told[0]!.time > known[known.length - 1]!.time;
