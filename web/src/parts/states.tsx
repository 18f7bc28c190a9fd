// Placeholders: loading, empty, error.

import type { ComponentChildren } from "preact";
import type { Result } from "../lib/hooks";
import { useGone } from "./gone";
import { Icon, type IconName } from "./icon";

export const Loading = ({ lines = 5 }: { lines?: number }) => (
  <div class="bones" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, at) => (
      <i key={at} style={{ width: `${88 - ((at * 29) % 46)}%` }} />
    ))}
  </div>
);

export function Empty({ title, icon = "void", children }: {
  title: string; icon?: IconName; children?: ComponentChildren;
}) {
  return (
    <div class="state-box">
      <Icon name={icon} />
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Failure({ message, retry }: { message: string; retry?: (() => void) | undefined }) {
  const [first, ...rest] = message.split("\n");
  if (useGone(message)) return null;
  return (
    <div class="failure" role="alert">
      <Icon name="alert" />
      <div>
        {first}
        {rest.length > 0 && <pre>{rest.join("\n")}</pre>}
      </div>
      {retry && <button onClick={retry}>Try again</button>}
    </div>
  );
}

/** The lists could not be read: explains the remedy. */
export function Refused({ message }: { message: string }) {
  if (!/not permitted|permission/i.test(message)) {
    return <Failure message={`${message} It is tried again every few seconds.`} />;
  }
  return (
    <Empty title="Lunette has no right to list BPF objects" icon="key">
      <p>{message}</p>
      <p>Start it as root, <code>sudo lunette serve</code>, or in a container with{" "}
        <code>CAP_SYS_ADMIN</code>. This page goes on by itself then.</p>
    </Empty>
  );
}

/** The message for an object that does not exist. */
export interface Missing { title: string; icon: IconName; href: string; all: string }

/** Shows a query's answer, or its error; errors of parts are shown above the rest. */
export function Answer<Data>({ result, children, lines, missing }: {
  result: Result<Data>; children: (data: Data) => ComponentChildren; lines?: number;
  missing?: Missing;
}) {
  const { data, error, partial, reload } = result;
  if (data === undefined) {
    if (error && missing && /not found|no such/i.test(error.message)) {
      return (
        <Empty title={missing.title} icon={missing.icon}>
          <p>It may have gone from the kernel. <a href={missing.href}>{missing.all}</a></p>
        </Empty>
      );
    }
    if (error) return <Failure message={error.message} retry={reload} />;
    return <Loading lines={lines ?? 5} />;
  }
  return (
    <>
      {error && <Failure message={error.message} retry={reload} />}
      {!error && partial.length > 0 && <Failure message={partial[0]!.message} />}
      {children(data)}
    </>
  );
}
