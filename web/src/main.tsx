// The explorer: all its data comes from /graphql.

import { render } from "preact";
import { App } from "./app";
import { startRouter } from "./lib/router";
import { startStore } from "./lib/store";
import { startVisible } from "./lib/visible";

startVisible();
startRouter();
startStore();
render(<App />, document.getElementById("app")!);
