-- A screen that is drawn again and again: on a terminal in place, elsewhere one after the
-- other. Ctrl-C or q ends it, and the terminal is as it was.

local tty = require("lunette.core.tty")

local screen = {}

local ENTER, LEAVE = "\27[?1049h\27[?25l", "\27[?25h\27[?1049l"
local HOME, CLEAR_LINE, CLEAR_REST = "\27[H", "\27[K", "\27[J"

local drawing = false

--- Whether stdin and stdout are a terminal.
---@return boolean
function screen.possible() return tty.isatty(0) and tty.isatty(1) end

--- Runs fn with the terminal's other screen, and keys as they are typed.
---@param fn fun()
function screen.with(fn)
  assert(tty.raw(true))
  io.write(ENTER)
  drawing = true
  local ok, err = xpcall(fn, function(err)
    return require("lunette.cli.exit").failure(err) or debug.traceback(tostring(err), 2)
  end)
  drawing = false
  io.write(LEAVE)
  io.stdout:flush()
  tty.raw(false)
  if not ok then error(err, 0) end
end

--- Draws lines from the top; those that don't fit are left out.
---@param lines string[]
function screen.draw(lines)
  local _, rows = tty.size()
  rows = rows or 24
  local parts = { HOME }
  for i = 1, math.min(#lines, rows) do
    parts[#parts + 1] = lines[i] .. CLEAR_LINE .. (i < rows and "\r\n" or "")
  end
  if #lines < rows then parts[#parts + 1] = CLEAR_REST end
  io.write(table.concat(parts))
  io.stdout:flush()
end

--- Shows a title and a table: in place on the screen, else as text.
---@param title string
---@param lines string[]
function screen.show(title, lines)
  if not drawing then
    print(table.concat(lines, "\n"))
    print()
    io.stdout:flush()
    return
  end
  local all = { ("%s  %s  (q ends)"):format(title, os.date("%H:%M:%S")), "" }
  screen.draw(table.move(lines, 1, #lines, 3, all))
end

-- Waits; false when a key says to end.
local function wait(seconds)
  if not drawing then
    tty.sleep(seconds)
    return true
  end
  local stop = tty.now() + seconds
  while true do
    local left = stop - tty.now()
    if left <= 0 then return true end
    local keys = tty.read(left)
    if not keys or keys:find("[q\3\4]") then return false end
  end
end

local function rounds(interval, count, fn)
  local n = 0
  repeat
    fn()
    n = n + 1
  until n == count or not wait(interval)
end

--- Calls fn every so many seconds: on the screen where that is wanted and possible.
---@param interval number
---@param count integer|nil
---@param draw boolean
---@param fn fun()
function screen.loop(interval, count, draw, fn)
  if not draw or not screen.possible() then return rounds(interval, count, fn) end
  screen.with(function() rounds(interval, count, fn) end)
end

return screen
