---@meta
-- lunette.http: routes, responses, WebSockets and server-sent events of scripts.

---@class lunette.http
local http = {}

--- The request that a handler gets.
---@class lunette.Request
---@field method string "GET"
---@field path string decoded, without the query
---@field params table<string, string> what ":name" and "*rest" of the route's path stand for
---@field query table<string, string> the first value of each name
---@field query_all table<string, string[]> all values of each name
---@field query_string string|nil as it came
---@field headers table<string, string> names in lower case; repeated headers are joined by ", "
---@field body string
---@field remote string the client's address
---@field authorized boolean may it read? (always true on loopback and with --no-auth)
---@field user string|nil whose token was given: its name in the file of --tokens, or "token"
---@field can_write boolean may it write? (--allow-write and the token, or the role write)
---@field can_eval boolean may it run Lua? (--allow-eval and the token, or the role eval)

--- The result of a handler: a table with at most one of json, body, stream and events; a string is
--- short for { body = string }. Returning nil and a message, or an error, gives 500 with the
--- message as JSON; the traceback goes to the log.
---@class lunette.Response
---@field status integer|nil 200
---@field headers table<string, string|string[]>|nil a list gives a line for each
---@field json any a value for the JSON writer
---@field body string|nil
---@field stream any a function that returns chunk after chunk, and nil at the end; or an object
---  with read() that does; or a source of C (`map:stream()`), which is sent without a VM. Each call
---  of a function is a job of its own, so that a slow reader holds no VM. An error cuts the
---  connection.
---@field events lunette.EventHandlers|fun(conn: lunette.Conn)|nil server-sent events; a function
---  stands for { open = function }

--- Callbacks run as jobs on the connection's own VM; between them it holds none. One that fails
--- ends its connection with code 1011.
---@class lunette.EventHandlers
---@field open (fun(conn: lunette.Conn, req: lunette.Request))|nil
---@field event (fun(conn: lunette.Conn, tag: any, payload: any))|nil of a topic or a timer
---@field close (fun(conn: lunette.Conn, code: integer, reason: string))|nil

---@class lunette.WebSocket: lunette.EventHandlers
---@field protocols string[]|nil subprotocols: a client must name one of them
---@field message (fun(conn: lunette.Conn, text: string))|nil whole, valid UTF-8, at most 1 MiB
---@field auth boolean|nil false: the handlers check the token themselves

--- A connection that lives: a WebSocket, or a stream of events.
---@class lunette.Conn
---@field data table for the script's own use
local Conn = {}

--- Sends a text. Unread messages wait in a queue: at most 4,096 messages and 8 MiB a client, and 64
--- MiB for all clients. A slower client is dropped, with code 1013.
---@param text string
---@param fields? { event?: string, id?: string } of a server-sent event
---@return true|nil ok, string? err
function Conn:send(text, fields) end

--- Closes the connection, after all messages sent before.
---@param code? integer 1000 to 4999 (1000)
---@param reason? string
function Conn:close(code, reason) end

--- event(conn, tag, value) for each value published on the topic. Tags are plain data.
---@param topic string
---@param tag any
---@return true|nil ok, string? err
function Conn:subscribe(topic, tag) end

--- event(conn, tag) every so many seconds; a beat is skipped while the last one waits.
---@param seconds number 0.01 to 86400
---@param tag any
---@return true|nil ok, string? err
function Conn:every(seconds, tag) end

--- Ends the subscription or the timer with this tag.
---@param tag any
function Conn:unsubscribe(tag) end

---@class lunette.RouteOptions
---@field auth boolean|nil false: answers without a token too, where reading needs one
---@field write boolean|nil true: only for clients that may write

--- Answers a method on a path: "/maps/:id" (one part), "/files/*rest" (all that follows).
---@param method string
---@param path string
---@param fn fun(req: lunette.Request): lunette.Response|string|nil, string?
---@param opts? lunette.RouteOptions
function http.route(method, path, fn, opts) end

---@param path string
---@param fn fun(req: lunette.Request): lunette.Response|string|nil, string?
---@param opts? lunette.RouteOptions
function http.get(path, fn, opts) end

---@param path string
---@param fn fun(req: lunette.Request): lunette.Response|string|nil, string?
---@param opts? lunette.RouteOptions
function http.post(path, fn, opts) end

---@param path string
---@param fn fun(req: lunette.Request): lunette.Response|string|nil, string?
---@param opts? lunette.RouteOptions
function http.put(path, fn, opts) end

---@param path string
---@param fn fun(req: lunette.Request): lunette.Response|string|nil, string?
---@param opts? lunette.RouteOptions
function http.delete(path, fn, opts) end

--- Accepts WebSockets on a path.
---@param path string
---@param handlers lunette.WebSocket
function http.websocket(path, handlers) end

return http
