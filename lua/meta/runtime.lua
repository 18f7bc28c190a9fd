---@meta
-- Work beside requests, and data that VMs share: services, topics, lunette.shared, the log,
-- budgets, and the state of the server.

--- The argument of a service. A service runs in a VM of its own; after an error it starts again,
--- with a pause that grows to a minute.
---@class lunette.Service
---@field name string
---@field stopping boolean is it to end? It has 5 seconds; then its Lua code is stopped.
local Service = {}

--- Sleeps.
---@param seconds number
---@return boolean go_on false, and at once, when the service is to end
function Service:sleep(seconds) end

--- A topic: require("lunette").topic(name).
---@class lunette.Topic
---@field name string
local Topic = {}

--- Sends plain data (nil, booleans, numbers, strings, tables of these) to every subscriber; each
--- gets a copy. A connection for which 256 events wait already misses it.
---@param value any
---@return integer count how many subscribe
function Topic:publish(value) end

--- How many subscribe now.
---@return integer
function Topic:subscribers() end

--- lunette.shared: a store of plain data that all VMs see: 128 MiB, 100,000 keys of 1 to 512 bytes.
---@class lunette.shared
local shared = {}

--- Returns a copy of the key's value.
---@param key string
---@return any|nil value
function shared.get(key) end

--- Stores a copy; nil as value deletes. When the store is full, the old value stays.
---@param key string
---@param value any
---@param seconds? number the key expires after this time
---@return true|nil ok, string? err
function shared.set(key, value, seconds) end

--- Stores a copy under a new key. A key that exists stays as it is.
---@param key string
---@param value any
---@param seconds? number the key expires after this time
---@return boolean|nil ok, string? err false, "exists"; nil, message when the store is full
function shared.add(key, value, seconds) end

--- Adds to an integer in one step. An existing key keeps its expiry.
---@param key string
---@param n? integer (1)
---@param init? integer what a new key begins at (0)
---@param seconds? number a new key expires after this time
---@return integer|nil value, string? err "not an integer", or the store is full
function shared.incr(key, n, init, seconds) end

---@param key string
---@return boolean existed
function shared.delete(key) end

--- The keys that begin with prefix, in no order.
---@param prefix? string
---@return string[]
function shared.keys(prefix) end

--- lunette.log: lines for stderr. LUNETTE_LOG is the least level that is written: debug, info (the
--- default), warning or error.
---@class lunette.log
local log = {}

---@param format string
---@param ... any
function log.debug(format, ...) end

---@param format string
---@param ... any
function log.info(format, ...) end

---@param format string
---@param ... any
function log.warning(format, ...) end

---@param format string
---@param ... any
function log.error(format, ...) end

--- require("lunette.core.budget")
---@class lunette.core.budget
local budget = {}

--- Calls fn within limits that pcall and coroutines do not swallow; a limit around it holds too.
--- A limit of time costs nothing until it is over; counting instructions takes twice the time.
---@param limits { seconds?: number, instructions?: integer }
---@param fn function
---@param ... any
---@return boolean ok, any ... results, or the message with its traceback
function budget.run(limits, fn, ...) end

--- Seconds of the clock that no change of the date moves: lunette.now().
---@return number
function budget.now() end

--- Sleeps; the limits around it hold: lunette.sleep().
---@param seconds number
function budget.sleep(seconds) end

--- Seconds until the run around it is ended; math.huge: it is not.
---@return number
function budget.left() end

--- require("lunette.core.server")
---@class lunette.core.server
local server = {}

---@class lunette.ServerState
---@field uptime number seconds
---@field generation integer which loading of the scripts serves
---@field errors { script: string|nil, message: string, time: number }[]
---@field workers integer VMs that answer requests
---@field busy integer
---@field queued integer
---@field connections integer
---@field services integer
---@field memory integer bytes
---@field reloads integer
---@field reloads_failed integer
---@field answers table<string, integer> by class: "2xx"

--- The state of the server that runs in this process; nil when none does.
---@return lunette.ServerState|nil
function server.state() end

--- Keeps an error for state().errors until the next good loading.
---@param script string|nil
---@param message string
function server.error(script, message) end

--- Writes a line to the log.
---@param level "error"|"warning"|"info"|"debug"
---@param message string
function server.log(level, message) end

--- Serves until SIGINT or SIGTERM; for lunette serve.
---@param options table
---@param scripts { scripts: string[], etm: string[] }
---@return true|nil ok, string? err
function server.serve(options, scripts) end

return { shared = shared, log = log, budget = budget, server = server }
