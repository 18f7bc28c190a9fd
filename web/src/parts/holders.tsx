// The processes that hold an object, each once with its descriptors.

import type { ComponentChildren } from "preact";
import { count, plural } from "../lib/format";
import { Card } from "./bits";
import { Icon } from "./icon";
import { Empty } from "./states";

interface Owner {
  pid: number; comm: string; fd: number | null;
  process: { cmdline: string | null; unit: string | null; container: string | null } | null;
}

const fdsShown = 4;

const fdText = (fds: readonly number[]): string =>
  fds.length > fdsShown ? plural(fds.length, "descriptors") : `fd ${fds.join(", ")}`;

export function Holders({ owners, none, children }: {
  owners: readonly Owner[]; none: string; children?: ComponentChildren;
}) {
  const byPid = new Map<number, Owner[]>();
  for (const owner of owners) byPid.set(owner.pid, [...byPid.get(owner.pid) ?? [], owner]);
  return (
    <Card title="Held by" bare end={count(byPid.size)}>
      {byPid.size === 0
        ? <Empty title="No process holds it" icon="owner"><p>{none}</p></Empty>
        : <ul class="list">
            {[...byPid].map(([pid, held]) => {
              const { comm, process } = held[0]!;
              const fds = held.flatMap(({ fd }) => (fd === null ? [] : [fd]));
              return (
                <li key={pid} title={process?.cmdline ?? ""}>
                  <Icon name="owner" /><a class="mono" href={`/owners/${pid}`}>{comm}</a>
                  <span class="dim">{pid}</span>
                  <span class="dim clip">{process?.unit ?? process?.container}</span>
                  {fds.length > 0 && <span class="end" title={`fd ${fds.join(", ")}`}>
                    {fdText(fds)}</span>}
                </li>
              );
            })}
          </ul>}
      {children}
    </Card>
  );
}
