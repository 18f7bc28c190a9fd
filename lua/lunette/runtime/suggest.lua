-- "Did you mean …?": finds names similar to the given one.

local suggest = {}

local SHOWN <const> = 5

-- Optimal string alignment distance; stops beyond a limit.
local function distance(a, b, limit)
  local la, lb = #a, #b
  if la < lb then a, b, la, lb = b, a, lb, la end
  if la - lb > limit then return nil end
  local before, above, row = {}, {}, {}
  for j = 0, lb do above[j] = j end
  for i = 1, la do
    row[0] = i
    local smallest = i
    for j = 1, lb do
      local same = a:byte(i) == b:byte(j)
      local cell = math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        cell = math.min(cell, before[j - 2] + 1)
      end
      row[j] = cell
      if cell < smallest then smallest = cell end
    end
    if smallest > limit then return nil end
    before, above, row = above, row, before
  end
  return above[lb] <= limit and above[lb] or nil
end

local function natural_less(a, b)
  local key_a = a:gsub("%d+", function(d) return ("%012d"):format(tonumber(d)) end)
  local key_b = b:gsub("%d+", function(d) return ("%012d"):format(tonumber(d)) end)
  return key_a < key_b
end

--- The names similar to the given one, nearest first.
---@param given string
---@param names string[]
---@return string[]
function suggest.names(given, names)
  if #given > 200 then return {} end
  local limit = math.floor(#given * 0.4) + 1
  local lower, near, close = given:lower(), {}, {}
  for _, name in ipairs(names) do
    local d
    if name == given then d = 0
    elseif name:lower() == lower then d = 1
    else d = distance(lower, name:lower(), limit) end
    if d and not near[name] then
      near[name] = d
      close[#close + 1] = name
    end
  end
  table.sort(close, function(a, b)
    if near[a] ~= near[b] then return near[a] < near[b] end
    return natural_less(a, b)
  end)
  return close
end

--- Names in a sentence: " Did you mean …?"; empty when there are none.
---@param names string[]
---@param what string|nil such as "the enum value"
---@return string
function suggest.text(names, what)
  if #names == 0 then return "" end
  local quoted = {}
  for i = 1, math.min(#names, SHOWN) do quoted[i] = '"' .. names[i] .. '"' end
  local text = quoted[1]
  if #quoted == 2 then
    text = quoted[1] .. " or " .. quoted[2]
  elseif #quoted > 2 then
    text = table.concat(quoted, ", ", 1, #quoted - 1) .. ", or " .. quoted[#quoted]
  end
  return " Did you mean " .. (what and what .. " " or "") .. text .. "?"
end

--- Finds similar names and returns the sentence.
---@param given string
---@param names string[]
---@param what string|nil
---@return string
function suggest.did_you_mean(given, names, what)
  return suggest.text(suggest.names(given, names), what)
end

return suggest
