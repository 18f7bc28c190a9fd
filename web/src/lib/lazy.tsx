// Pages that are loaded when they are first opened.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure, Loading } from "../parts/states";

export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let found: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [, redraw] = useState(0);
    const [error, setError] = useState<Error | undefined>(undefined);
    useEffect(() => {
      if (found) return;
      load().then((page) => { found = page; redraw((n) => n + 1); }, setError);
    }, []);
    if (found) {
      const Page = found;
      return <Page {...props} />;
    }
    if (error) {
      return <Failure message="This part of the explorer could not be fetched."
        retry={() => location.reload()} />;
    }
    return <Loading />;
  };
}
