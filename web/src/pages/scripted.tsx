// A page declared by a script.

import { useEffect } from "preact/hooks";
import { ScriptPage } from "@gen/queries";
import type { PageProps } from "../routes";
import { useLive } from "../lib/hooks";
import { params } from "../lib/router";
import { Head, ShowQuery } from "../parts/bits";
import { Answer, Empty, Failure } from "../parts/states";
import { View } from "../views/view";

export function ScriptedPage({ id }: PageProps) {
  const given = Object.fromEntries(params.value);
  delete given.sort;
  const wish = { name: id, params: given };
  const result = useLive(ScriptPage, wish);
  const title = result.data?.page?.title;
  useEffect(() => { if (title) document.title = `${title} · Lunette`; }, [title]);
  return (
    <div class="page">
      <Head title={title ?? id} actions={<ShowQuery doc={ScriptPage} variables={wish} />} />
      <Answer result={result}>
        {({ page }) => !page
          ? <Empty title={`No script declares a page “${id}”`} icon="page">
              <p>Pages come from <code>lunette.ui.page</code> in a script given with{" "}
                <code>--script</code>.</p>
            </Empty>
          : page.error ? <Failure message={page.error} />
          : <div class="stack column"><View view={page.view} open /></div>}
      </Answer>
    </div>
  );
}
