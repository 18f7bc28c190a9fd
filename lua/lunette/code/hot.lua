-- Hot spots: samples of native code mapped to a program's source lines and instructions.

local bpf = require("bpf")

local hot = {}

local function sum_by(places, key_of)
  local sums, order = {}, {}
  for _, place in ipairs(places) do
    local key = key_of(place)
    if key then
      if not sums[key] then
        sums[key] = 0
        order[#order + 1] = key
      end
      sums[key] = sums[key] + place.samples
    end
  end
  table.sort(order, function(a, b) return sums[a] > sums[b] or sums[a] == sums[b] and a < b end)
  return order, sums
end

-- The instruction at an offset: the last one that begins at or before it.
local function insn_at(func, offset)
  local found
  for _, insn in ipairs(func.insns) do
    if insn.offset > offset then break end
    found = insn
  end
  return found
end

-- A source line is listed once for each column that has code: its first entry counts.
local function first_places(lines)
  local first, of = {}, {}
  for i, line in ipairs(lines) do
    local key = line.file .. ":" .. line.line
    first[key] = first[key] or i
    of[i] = first[key]
  end
  return of
end

--- The hot lines and instructions of one program.
---@param id integer
---@param places table[] of profile:read().hot, those of this program
---@return { samples: integer, lines: table[], insns: table[] }|nil, string? err
function hot.of_program(id, places)
  local code, err = bpf.jited(id)
  if not code then return nil, err end
  local total, insns = 0, {}
  for _, place in ipairs(places) do
    local func = code.functions[place.func]
    local insn = func and insn_at(func, place.offset)
    total = total + place.samples
    if insn then
      insns[#insns + 1] = { func = func.name, offset = insn.offset, text = insn.text,
        line = insn.line, samples = place.samples }
    end
  end
  local lines, first = {}, first_places(code.lines)
  local order, sums = sum_by(insns, function(insn) return first[insn.line] end)
  for i, at in ipairs(order) do
    local line = code.lines[at]
    lines[i] = { file = line.file, line = line.line, text = line.text, samples = sums[at] }
  end
  table.sort(insns, function(a, b) return a.samples > b.samples end)
  return { samples = total, lines = lines, insns = insns }
end

--- Groups the samples of profile:read() by program, most samples first.
---@param result table
---@return { id: integer, samples: integer, places: table[] }[]
function hot.programs(result)
  local order, sums = sum_by(result.hot, function(place) return place.prog_id end)
  local by_id = {}
  for _, place in ipairs(result.hot) do
    by_id[place.prog_id] = by_id[place.prog_id] or {}
    table.insert(by_id[place.prog_id], place)
  end
  local programs = {}
  for i, id in ipairs(order) do
    programs[i] = { id = id, samples = sums[id], places = by_id[id] }
  end
  return programs
end

return hot
