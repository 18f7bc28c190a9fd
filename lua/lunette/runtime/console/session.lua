-- A REPL session without a terminal: runs pieces of Lua one after the other in a persistent
-- environment, and returns their output and results as text. The web page's console uses it.

local inspect = require("lunette.runtime.inspect")
local parse = require("lunette.runtime.console.parse")

local session = {}

local MAX_SESSIONS = 16
local MAX_OUTPUT = 1 << 20 -- most bytes of one evaluation's output

local sessions, order = {}, {}

--- Sets the additional globals of the REPL and the web console.
---@param env table
---@param query fun(source: string, variables?: table): table asks the explorer's schema
function session.globals(env, query)
  env.bpf = require("bpf")
  env.lunette = require("lunette")
  env.json = require("lunette.runtime.json")
  env.u64 = require("lunette.runtime.u64")
  env.inspect = inspect
  env.query = query
  env.help = function(what) env.print(require("lunette.runtime.reference").help(what)) end
end

local function new(query)
  local env = setmetatable({}, { __index = _G })
  env._G = env
  session.globals(env, query)
  return { env = env }
end

--- The session of that name; a new session replaces the least recently used one of sixteen.
---@param name string
---@param query fun(source: string, variables?: table): table
function session.open(name, query)
  for i, known in ipairs(order) do
    if known == name then table.remove(order, i) end
  end
  order[#order + 1] = name
  if #order > MAX_SESSIONS then sessions[table.remove(order, 1)] = nil end
  sessions[name] = sessions[name] or new(query)
  return sessions[name]
end

-- print() of the session: collects into a list, up to a limit that it reports once.
local function printer(output)
  local size = 0
  return function(...)
    local texts = table.pack(...)
    for i = 1, texts.n do texts[i] = tostring(texts[i]) end
    local line = table.concat(texts, "\t") .. "\n"
    if size > MAX_OUTPUT then return end
    size = size + #line
    output[#output + 1] = size > MAX_OUTPUT and "… (more than a megabyte was printed)\n" or line
  end
end

-- The traceback of the typed code only.
local function on_error(err)
  local text = type(err) == "string" and err or inspect.format(err)
  local trace = debug.traceback("", 2):gsub("\n%s*%[C%]: in function 'xpcall'.*$", "")
  return text .. trace
end

--- Runs a piece of Lua; results are formatted like the REPL's.
---@param of table what session.open gave
---@param source string
---@return { output: string, results: string[], error?: string, incomplete: boolean }
function session.evaluate(of, source)
  local output = {}
  local answer = { output = "", results = {}, incomplete = false }
  local chunk, state, err = parse.compile(source, "console")
  if not chunk then
    answer.incomplete = state == "more"
    answer.error = state == "more" and "the statement is not complete" or err
    return answer
  end
  of.env.print = printer(output)
  debug.setupvalue(chunk, 1, of.env)
  local results = table.pack(xpcall(chunk, on_error))
  if results[1] then
    of.env._ = results[2]
    for i = 2, results.n do answer.results[i - 1] = inspect.format(results[i], { width = 100 }) end
  else
    answer.error = results[2]
  end
  answer.output = table.concat(output)
  return answer
end

return session
