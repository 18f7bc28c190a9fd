-- The verifier's log of a refused program, folded to what leads to the refusal: source lines and
-- instructions of the last path, without the states of registers.

local verifier_log = {}

local MOST = 30 -- lines before the error

local function lines_of(log)
  local list = {}
  for line in log:gmatch("[^\n]+") do list[#list + 1] = line end
  return list
end

-- True for lines that only tell states: "R1=ctx() R10=fp0", "; R0_w=…", "from 3 to 7: …".
local function is_state(line)
  return line:find("^%s?R%d+_?%w*=") or line:find("^%d+: R%d+_?%w*=")
end

local function is_statistic(line)
  return line:find("^processed %d+ insns") or line:find("^verification time")
    or line:find("^stack depth") or line:find("^libbpf: ") or line:find("^%-%- ")
end

-- An instruction without the registers behind it.
local function bare(line) return (line:gsub("%s*; R%d+[_=].*$", "")) end

--- The lines that lead to the refusal, the verifier's reason last.
---@param log string
---@return string
function verifier_log.folded(log)
  local kept, said = {}, {}
  for _, line in ipairs(lines_of(log)) do
    if line:find("^libbpf: ") then said[#said + 1] = line
    elseif not is_statistic(line) then
      if line:find("^from %d+ to %d+") or line:find("^arg#") then kept = {} -- another path begins
      elseif not is_state(line) then kept[#kept + 1] = bare(line) end
    end
  end
  if #kept == 0 then return table.concat(said, "\n") end
  local from = math.max(1, #kept - MOST)
  local shown = table.move(kept, from, #kept, 1, {})
  if from > 1 then
    table.insert(shown, 1, ("(%d lines before; --full shows all)"):format(from - 1))
  end
  for i, line in ipairs(shown) do shown[i] = "  " .. line end
  return table.concat(shown, "\n")
end

return verifier_log
