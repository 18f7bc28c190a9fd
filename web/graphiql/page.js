// GraphiQL over this server: queries by POST, subscriptions by graphql-transport-ws. The query
// and its variables come in the address, so that a view can be opened here.
import { createClient } from "graphql-ws";

const { React, ReactDOM, GraphiQL } = window;
const token = sessionStorage.getItem("lunette.token");
const address = new URLSearchParams(location.search);
const socket = location.origin.replace(/^http/, "ws") + "/graphql";

const fetcher = GraphiQL.createFetcher({
  url: "/graphql",
  headers: token ? { authorization: `Bearer ${token}` } : {},
  wsClient: createClient({ url: socket, lazy: true, connectionParams: token ? { token } : {} }),
});
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    query: address.get("query") ?? undefined,
    variables: address.get("variables") ?? undefined,
    defaultEditorToolsVisibility: false,
  }));
