-- A screen that is redrawn: in place on a terminal, one after the other elsewhere. Ctrl-C or q ends
-- it and restores the terminal.

local lunette = require("lunette")
local glyphs = require("lunette.cli.glyphs")
local output = require("lunette.cli.output")
local style = require("lunette.cli.style")
local tty = require("lunette.core.tty")

local screen = {}

local ENTER, LEAVE = "\27[?1049h\27[?25l", "\27[?25h\27[?1049l"
-- Synchronized output: terminals that support it show everything between at once; others ignore it.
local BEGIN, END = "\27[?2026h", "\27[?2026l"
local CLEAR, LINE = "\27[H\27[2J", "\27[%d;1H\27[2K%s"
local FRAME = 1 << 18 -- bytes of stdout's buffer, so that a frame is one write

local drawing = false
local shown = {} -- the lines on the screen, and the size for which they were drawn

--- True when stdin and stdout are a terminal that can move its cursor; else false and the reason.
---@return boolean, string?
function screen.possible()
  if not (tty.isatty(0) and tty.isatty(1)) then return false end
  if style.moves() then return true end
  return false, ("a terminal of the kind '%s' has no screen to draw on: samples are printed")
    :format(os.getenv("TERM") or "")
end

--- Draws the next frame completely, whatever the screen shows.
function screen.forget() shown = {} end

--- Runs fn with the terminal's alternate screen and unbuffered keys.
---@param fn fun()
function screen.with(fn)
  assert(tty.raw(true))
  io.stdout:setvbuf("full", FRAME)
  io.write(ENTER)
  screen.forget()
  drawing = true
  local ok, err = xpcall(fn, function(err)
    return require("lunette.cli.exit").failure(err) or debug.traceback(tostring(err), 2)
  end)
  drawing = false
  io.write(LEAVE)
  io.stdout:flush()
  io.stdout:setvbuf("line")
  tty.raw(false)
  if not ok then error(err, 0) end
end

--- Draws lines from the top; lines beyond the height are left out. Only changed lines are written,
--- in one write.
---@param lines string[]
function screen.draw(lines)
  local columns, rows = tty.size()
  columns, rows = columns or 80, rows or 24
  local parts = { BEGIN }
  if shown.columns ~= columns or shown.rows ~= rows then
    parts[2], shown = CLEAR, { columns = columns, rows = rows }
  end
  for i = 1, rows do
    local line = glyphs.fit(lines[i] or "")
    if line ~= (shown[i] or "") then parts[#parts + 1] = LINE:format(i, line) end
    shown[i] = line
  end
  if #parts == 1 then return end
  parts[#parts + 1] = END
  io.write(table.concat(parts))
  io.stdout:flush()
end

--- Shows a title and a table: in place on the screen, else as text.
---@param title string
---@param lines string[]
function screen.show(title, lines)
  if not drawing then
    output.line(table.concat(lines, "\n") .. "\n")
    io.stdout:flush()
    return
  end
  local all = { ("%s  %s  (q ends)"):format(title, os.date("%H:%M:%S")), "" }
  screen.draw(table.move(lines, 1, #lines, 3, all))
end

-- Waits for the interval; false when a key ends the screen.
local function wait(seconds)
  if not drawing then
    tty.sleep(seconds)
    return true
  end
  local stop = lunette.now() + seconds
  while true do
    local left = stop - lunette.now()
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

--- Calls fn at an interval, on the screen when that is wanted and possible.
---@param interval number
---@param count integer|nil
---@param draw boolean
---@param fn fun()
function screen.loop(interval, count, draw, fn)
  if not draw or not screen.possible() then return rounds(interval, count, fn) end
  screen.with(function() rounds(interval, count, fn) end)
end

return screen
