---@meta
-- The terminal: the parts of the command line and the prompt, for scripts too.

---require("lunette.core.tty")
---@class tty
local tty = {}

---@param fd integer 0 for stdin, 1 for stdout, 2 for stderr
---@return boolean
function tty.isatty(fd) end

---Is the descriptor a regular file?
---@param fd integer
---@return boolean
function tty.isfile(fd) end

---The size of the terminal on stdout; nothing when it is none.
---@return integer|nil columns, integer|nil rows
function tty.size() end

---Keys without Enter and without echo, Ctrl-C as a key. false restores the terminal; so does the
---end of the process.
---@param on boolean
---@return true|nil, string? err, integer? errno
function tty.raw(on) end

---The typed bytes: "" when the time ran out or the window changed, nil at the end of input.
---@param seconds number
---@return string|nil bytes
function tty.read(seconds) end

---Sleeps; a signal ends it early.
---@param seconds number
function tty.sleep(seconds) end

---Did output fail: a full disk, a reader that went away?
---@return boolean
function tty.failed() end

---require("lunette.core.interrupt")
---@class interrupt
local interrupt = {}

---Calls fn(...); Ctrl-C stops it wherever it loops, also in coroutines and around pcall. The
---results follow when it went well, else what handler made of the error.
---@param handler fun(err: any): any
---@param fn fun(...): ...
---@param ... any
---@return boolean ok, boolean interrupted, any ...
function interrupt.call(handler, fn, ...) end

---Calls fn(). Meanwhile Ctrl-C raises nothing: fn asks interrupt.asked() and ends by itself; a
---second Ctrl-C ends the process. Errors of fn pass.
---@param fn fun()
function interrupt.gently(fn) end

---Was Ctrl-C pressed since the running call() or gently() began?
---@return boolean
function interrupt.asked() end

---require("lunette.core.edit")
---@class edit
local edit = {}

---An editor of lines on the terminal. completer gets the text before the cursor and gives what
---to insert, or what to show.
---@param completer fun(before: string): string|nil, string|nil
---@return Edit|nil, string? err
function edit.open(completer) end

---@class Edit
local Edit = {}

---@param prompt string
---@return string|nil line, "end"|"interrupted"|nil why
function Edit:read(prompt) end

---Adds an entry to the history.
---@param text string
function Edit:remember(text) end

function Edit:close() end

---require("lunette.core.client")
---@class client
local client = {}

---@class client.Request
---@field headers string[] "Name: value"
---@field body string
---@field patience integer seconds of silence after which the request fails
---@field unix? string the path of a Unix socket
---@field ca? string a file of authorities
---@field cert? string a file with the client's certificate
---@field key? string a file with its private key

---A POST request to a server, by libcurl. Nothing is sent before the first status().
---@param url string http: or https:
---@param request client.Request
---@return Connection connection
function client.open(url, request) end

---@class Connection
local Connection = {}

---Waits a moment for the head of the answer: false while there is none; ask again.
---@return integer|false|nil status, string? media_or_err, integer? code the media type, or the
---  error with libcurl's code
function Connection:status() end

---Waits a moment for bytes and returns them: "" while none came; nil alone at the end.
---@return string|nil chunk, string? err, integer? code
function Connection:read() end

function Connection:close() end

return {
  tty = tty, interrupt = interrupt, edit = edit, Edit = Edit, client = client,
  Connection = Connection,
}
