-- Aggregation over a map's entries: group by columns of the key or value, and sum, least,
-- greatest, average or number of each group; the greatest of them. Memory is bounded by the
-- number of groups.

local json = require("lunette.runtime.json")

local MAX_GROUPS = 100000

local shape = json.shape { "group", "value", "count" }

local reducers = {
  sum = function(row, value) row.value = (row.value or 0) + value end,
  min = function(row, value) row.value = math.min(row.value or value, value) end,
  max = function(row, value) row.value = math.max(row.value or value, value) end,
  avg = function(row, value) row.value = (row.value or 0.0) + value end,
  count = function(row) row.value = row.count end,
}

-- A function that takes a decoded part to the field that a path names: "a.b[2]".
local function getter(path, root)
  local steps = {}
  for name, rest in path:gmatch("([^%.%[%]]+)([^%.]*)") do
    steps[#steps + 1] = name
    for index in rest:gmatch("%[(%d+)%]") do steps[#steps + 1] = math.tointeger(index) + 1 end
  end
  if steps[1] == root then table.remove(steps, 1) end
  return function(part)
    for _, step in ipairs(steps) do
      if type(part) ~= "table" then return part end
      part = part[step]
    end
    return part
  end
end

-- Where a column is: among the key's or the value's.
local function column(decoder, name)
  for _, side in ipairs { "key", "value" } do
    local base = name:match("^[^%[]+")
    for _, one in ipairs(decoder.columns[side]) do
      if one.name == name or one.name == base then
        local bare = #decoder.columns[side] == 1 and not name:find("[%.%[]") and side or nil
        local get = getter(name, bare and name)
        return side == "key" and function(key) return get(key) end
          or function(_, value) return get(value) end
      end
    end
  end
  error(("aggregate: no column '%s'"):format(name), 3)
end

local function as_list(names) return type(names) == "table" and names or { names } end

local function text_of(group)
  local texts = {}
  for i, part in ipairs(group) do
    texts[i] = type(part) == "table" and json.encode(part) or tostring(part)
  end
  return table.concat(texts, "\0")
end

local function largest(rows, top)
  table.sort(rows, function(a, b)
    if a.value ~= b.value then return a.value > b.value end
    return text_of(a.group) < text_of(b.group)
  end)
  for i = #rows, (top or #rows) + 1, -1 do rows[i] = nil end
  return rows
end

--- Groups a map's entries: { by = column | columns, value = column, op = "sum" | "min" | "max" |
--- "avg" | "count", top = n, max_groups = n }. Rows are { group = {…}, value, count }, largest
--- first; `truncated` says that there were more groups than max_groups.
---@param map bpf.Map
---@param options table
---@return table[] rows, { truncated: boolean, restarted: boolean, entries: integer } state
return function(map, options)
  local decoder = assert(map:decoder())
  local op = options.op or (options.value and "sum" or "count")
  local reduce = reducers[op] or error(("aggregate: no operation '%s'"):format(op), 2)
  local by, value = {}, options.value and column(decoder, options.value)
  for i, name in ipairs(as_list(options.by or {})) do by[i] = column(decoder, name) end
  local rows, index, truncated = {}, {}, false
  local cursor <close> = assert(map:cursor())
  for key, part in cursor:each() do
    local group = {}
    for i, get in ipairs(by) do group[i] = get(key, part) end
    local text = text_of(group)
    local row = index[text]
    if not row and #rows < (options.max_groups or MAX_GROUPS) then
      row = setmetatable({ group = json.array(group), count = 0 }, shape)
      index[text], rows[#rows + 1] = row, row
    end
    local number = value and value(key, part)
    if not row then
      truncated = true
    elseif not value or type(number) == "number" then
      row.count = row.count + 1
      reduce(row, number)
    end
  end
  for i = #rows, 1, -1 do
    if rows[i].count == 0 then table.remove(rows, i)
    elseif op == "avg" then rows[i].value = rows[i].value / rows[i].count end
  end
  local state = cursor:state()
  return largest(rows, options.top), { truncated = truncated or state.truncated,
    restarted = state.restarted, entries = state.seen }
end
