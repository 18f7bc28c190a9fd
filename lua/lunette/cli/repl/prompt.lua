-- The REPL: reads Lua, runs it, prints the results. Ctrl-C stops the running code; the REPL goes
-- on.

local complete = require("lunette.runtime.console.complete")
local history = require("lunette.cli.repl.history")
local inspect = require("lunette.runtime.inspect")
local interrupt = require("lunette.core.interrupt")
local output = require("lunette.cli.output")
local parse = require("lunette.runtime.console.parse")
local records = require("lunette.cli.repl.records")
local traceback = require("lunette.cli.traceback")
local tty = require("lunette.core.tty")

local repl = {}

local PROMPT, MORE = "> ", ">> "

local WELCOME = [[
Lunette %s, Lua 5.4. At hand: bpf, lunette, json, u64, query, inspect.
Tab completes, Ctrl-C stops what runs, Ctrl-D ends. Try: bpf.progs(), help(bpf.map)]]

--- Prints results; the first one is kept in the global `_`.
---@param results table packed
---@param env table
function repl.print(results, env)
  if results.n == 0 then return end
  env._ = results[1]
  local width = tty.size() or 80
  for i = 1, results.n do
    local lines = records.are(results[i]) and records.lines(results[i], width)
      or { inspect.format(results[i], { width = width }) }
    output.line(table.concat(lines, "\n"))
  end
end

--- Runs a chunk and prints its results or its error; false when it failed.
---@param chunk function
---@param env table
---@return boolean ok
function repl.run(chunk, env)
  local results = table.pack(interrupt.call(traceback, chunk))
  local ok, interrupted = results[1], results[2]
  io.stdout:flush()
  if ok and not interrupted then
    table.move(results, 3, results.n, 1)
    results.n = results.n - 2
    -- Printing may take long, too; Ctrl-C stops it in the same way.
    interrupted = select(2, interrupt.call(traceback, repl.print, results, env))
  elseif not interrupted then
    output.aside(tostring(results[3]))
  end
  if interrupted then
    -- The terminal has already printed ^C at the cursor.
    local what = ok and "interrupted" or tostring(results[3])
    output.aside((tty.isatty(0) and "\n" or "") .. what)
  end
  return ok
end

-- Reads lines until the chunk is complete: text and function; nil at the end of input.
local function read_chunk(read, name)
  local lines = {}
  while true do
    local line, why = read(#lines == 0 and PROMPT or MORE)
    if not line then
      if why == "interrupted" then return "" end
      if #lines == 0 then return nil end
      return table.concat(lines, "\n"), nil, "the input ends in the middle of a statement"
    end
    lines[#lines + 1] = line
    local text = table.concat(lines, "\n")
    if text:match("^%s*$") then return "" end
    local chunk, state, err = parse.compile(text, name)
    if state ~= "more" then return text, chunk, err end
  end
end

local function hint_at_local(text, interactive)
  local names = interactive and parse.only_local(text)
  if names then
    output.aside(("(local %s ends with this line; without 'local' it stays)"):format(names))
  end
end

-- Reads and runs chunks; `remember` adds each to the history.
local function loop(read, env, opts)
  local failed = false
  for number = 1, math.huge do
    local text, chunk, err = read_chunk(read, opts.interactive and ("line %d"):format(number)
      or "stdin")
    if not text then return failed end
    if text ~= "" then
      opts.remember(text)
      if chunk then
        failed = not repl.run(chunk, env) or failed
        hint_at_local(text, opts.interactive)
      else
        output.aside(err)
        failed = true
      end
    end
  end
end

local function interactive(env)
  local edit = require("lunette.core.edit")
  local editor <close> = assert(edit.open(function(before)
    return complete.tab(before, env, (tty.size()))
  end))
  local path = history.path()
  for _, entry in ipairs(history.load(path)) do editor:remember(entry) end
  output.line(WELCOME:format(require("lunette").version))
  loop(function(prompt)
    local line, why = editor:read(prompt)
    if not line then output.line(why == "interrupted" and "^C" or "") end
    return line, why
  end, env, {
    interactive = true,
    remember = function(text)
      editor:remember(text)
      history.add(path, text)
    end,
  })
  return false
end

--- Runs until the input ends. Without a terminal the lines come from a pipe, and the result is
--- whether a chunk failed.
---@param env table
---@return boolean failed
function repl.loop(env)
  if tty.isatty(0) and tty.isatty(1) then return interactive(env) end
  return loop(function() return io.read("l") end, env, { remember = function() end })
end

return repl
