// GraphiQL over this server: queries by POST, subscriptions by graphql-transport-ws. The query
// and its variables come in the address, so that a view can be opened here.
import { createClient } from "graphql-ws";

const { React, ReactDOM, GraphiQL } = window;
const token = sessionStorage.getItem("lunette.token");
const address = new URLSearchParams(location.search);
const hex = [...new TextEncoder().encode(token ?? "")]
  .map((byte) => byte.toString(16).padStart(2, "0")).join("");

// WebSockets carry no headers from a browser: the token goes as a subprotocol, in hex.
class TokenSocket extends WebSocket {
  constructor(url, protocol) { super(url, hex ? [protocol, `bearer.${hex}`] : protocol); }
}

const socket = location.origin.replace(/^http/, "ws") + "/graphql";

const fetcher = GraphiQL.createFetcher({
  url: "/graphql",
  headers: token ? { authorization: `Bearer ${token}` } : {},
  wsClient: createClient({ url: socket, lazy: true, webSocketImpl: TokenSocket }),
});
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    query: address.get("query") ?? undefined,
    variables: address.get("variables") ?? undefined,
    defaultEditorToolsVisibility: false,
  }));
