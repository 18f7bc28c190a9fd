-- A program's source lines, each with its share of the program's time. CPU samples are taken while
-- the view is open.

local bpf = require("bpf")
local Text = require("lunette.cli.top.text")
local hot = require("lunette.code.hot")

local lines = {}

local HERTZ = 997

local function key_of(line) return line.file .. ":" .. line.line end

-- Each source line once, in code order, function by function.
local function source_of(code)
  local list, seen = {}, {}
  for _, func in ipairs(code.functions) do
    list[#list + 1] = { heading = func.name }
    for _, insn in ipairs(code.insns) do
      local line = insn.line and code.lines[insn.line]
      local inside = insn.index >= func.start and insn.index < func.start + func.count
      if line and line.text ~= "" and inside and not seen[key_of(line)] then
        seen[key_of(line)] = true
        list[#list + 1] = line
      end
    end
  end
  return list
end

-- Adds the samples since the last call to the lines' sums.
local function add(state, places)
  local mine = {}
  for _, place in ipairs(places) do
    if place.prog_id == state.id then mine[#mine + 1] = place end
  end
  local found = #mine > 0 and hot.of_program(state.id, mine)
  if not found then return end
  state.samples = state.samples + found.samples
  for _, line in ipairs(found.lines) do
    local key = key_of(line)
    state.sums[key] = (state.sums[key] or 0) + line.samples
  end
end

local function text_of(state, line)
  if line.heading then return line.heading .. ":" end
  local sum = state.sums[key_of(line)]
  local share = sum and ("%5.1f%%"):format(100 * sum / state.samples) or "      "
  return ("%s %5d  %s"):format(share, line.line, (line.text:gsub("%s+$", "")))
end

local function read(state)
  if state.profile then
    local result = state.profile:read()
    if result then add(state, result.hot) end
  end
  local texts = {}
  for i, line in ipairs(state.source) do texts[i] = text_of(state, line) end
  if #texts == 0 then texts[1] = "no source line is known of this program" end
  return texts
end

--- A view of a program's lines.
---@param id integer
---@param name string
---@return table
function lines.view(id, name)
  local code, err = bpf.xlated(id)
  local state = { id = id, sums = {}, samples = 0, source = code and source_of(code) or {} }
  state.profile = code and bpf.profile(HERTZ)
  return Text.new {
    live = true,
    title = function()
      return ("lines of %d %s, %d samples"):format(id, name or "", state.samples)
    end,
    lines = function()
      return code and read(state) or { "the code can't be read: " .. tostring(err) }
    end,
    close = function() if state.profile then state.profile:close() end end,
  }
end

return lines
