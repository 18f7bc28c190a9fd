-- The REPL's history file: one line per entry; every session appends to it.

local files = require("lunette.runtime.files")

local history = {}

local KEEP = 1000

--- The path: $LUNETTE_HISTORY, or ~/.lunette_history; nil without a home directory.
---@return string|nil
function history.path()
  local path = os.getenv("LUNETTE_HISTORY")
  if path then return path ~= "" and path or nil end
  local home = os.getenv("HOME")
  return home and home .. "/.lunette_history"
end

local function escape(text) return (text:gsub("\\", "\\\\"):gsub("\n", "\\n")) end

local function unescape(line)
  return (line:gsub("\\(.)", function(c) return c == "n" and "\n" or c end))
end

local function read_lines(path)
  local lines = {}
  local file <close> = io.open(path)
  if not file then return lines end
  for line in file:lines() do lines[#lines + 1] = line end
  return lines
end

-- Rewrites a file that has grown to twice the number of kept entries.
local function trim(path, lines)
  if #lines <= 2 * KEEP then return lines end
  local kept = table.move(lines, #lines - KEEP + 1, #lines, 1, {})
  files.write(path, table.concat(kept, "\n") .. "\n")
  return kept
end

--- The entries, oldest first.
---@param path string|nil
---@return string[]
function history.load(path)
  local entries = {}
  for i, line in ipairs(path and trim(path, read_lines(path)) or {}) do
    entries[i] = unescape(line)
  end
  return entries
end

--- Appends an entry; a file that can't be written is ignored.
---@param path string|nil
---@param text string
function history.add(path, text)
  if not path then return end
  local file <close> = io.open(path, "a")
  if file then file:write(escape(text), "\n") end
end

return history
