-- Histograms: converts bucket numbers (in keys, or array indices) to upper bounds.
-- Prometheus's `le` is inclusive. Our own kinds count integers, so a bucket of [4, 8) ends at 7.
-- The ebpf_exporter kinds end where ebpf_exporter ends them.

local buckets = {}

local MOST = 512

local kinds = {}

-- libbpf-tools' log2l() slots: slot i holds [2^i, 2^(i+1)), slot 0 also 0.
function kinds.log2(spec)
  local first, last = spec.min or 0, spec.max or 26
  local bounds = {}
  for i = first, last do bounds[#bounds + 1] = 2.0 ^ (i + 1) - 1 end
  return bounds, first
end

-- bpftrace's hist(): bucket 0 is for negative values, 1 for 0, 2 for 1, and i for [2^(i-2),
-- 2^(i-1)).
function kinds.hist(spec)
  local bounds = { -1.0, 0.0 }
  for i = 2, spec.max or 65 do bounds[#bounds + 1] = 2.0 ^ (i - 1) - 1 end
  return bounds, 0
end

-- bpftrace's lhist(x, min, max, step): bucket 0 is below min, then one per step, the last above
-- max.
function kinds.lhist(spec)
  local bounds = {}
  for upto = spec.min, spec.max, spec.step do bounds[#bounds + 1] = upto - 1.0 end
  return bounds, 0
end

-- ebpf_exporter's.
function kinds.exp2(spec)
  local bounds = {}
  for i = spec.min or 0, spec.max do bounds[#bounds + 1] = 2.0 ^ i end
  return bounds, spec.min or 0
end

function kinds.exp2zero(spec)
  local first, bounds = spec.min or 0, {}
  for i = first, spec.max do bounds[#bounds + 1] = i == 0 and 0.0 or 2.0 ^ (i - 1) end
  return bounds, first
end

function kinds.linear(spec)
  local bounds, step = {}, spec.step or 1
  for i = spec.min or 0, spec.max do bounds[#bounds + 1] = i * step + 0.0 end
  return bounds, spec.min or 0
end

-- Given upper bounds; bucket numbers count from 0, or are the bounds themselves.
function kinds.fixed(spec)
  local bounds = {}
  for i, bound in ipairs(spec.keys or spec.bounds or {}) do bounds[i] = bound + 0.0 end
  return bounds, 0
end

local NEEDS = { lhist = { "min", "max", "step" }, exp2 = { "max" }, exp2zero = { "max" },
  linear = { "max" } }

local NUMBERS = { "min", "max", "step", "sum" }

local function is_finite(x) return x == x and math.abs(x) < math.huge end

-- The last bucket, up to +Inf, always exists.
local function check_bounds(spec, field)
  local bounds = spec[field]
  if bounds == nil then return nil end
  if spec.kind ~= "fixed" then return ("buckets: %s is for the kind 'fixed'"):format(field) end
  if type(bounds) ~= "table" then return ("buckets: %s must be a list"):format(field) end
  for _, bound in ipairs(bounds) do
    if type(bound) ~= "number" or not is_finite(bound) then
      return ("buckets: %s must be finite numbers"):format(field)
    elseif bound + 0.0 ~= bound then
      return ("buckets: %s: %d is not exact as a double, as Prometheus has it"):format(field, bound)
    end
  end
  return nil
end

local function check(spec)
  for _, field in ipairs(NEEDS[spec.kind] or {}) do
    if type(spec[field]) ~= "number" then
      return ("buckets of kind '%s' need %s, a number"):format(spec.kind, field)
    end
  end
  for _, field in ipairs(NUMBERS) do
    local value = spec[field]
    if value ~= nil and (type(value) ~= "number" or not is_finite(value)) then
      return ("buckets: %s must be a number"):format(field)
    end
  end
  if (spec.step or 1) <= 0 then return "buckets: step must be positive" end
  if spec.bounds and spec.keys then return "buckets: bounds and keys: one of them" end
  return check_bounds(spec, "bounds") or check_bounds(spec, "keys")
end

local function ascending(bounds)
  for i = 2, #bounds do
    if bounds[i] <= bounds[i - 1] then return false end
  end
  return #bounds > 0
end

--- A histogram's bounds in the unit of the counted values, and the number of its first bucket.
---@param spec table { kind, min, max, step, bounds, keys }
---@return number[]|nil bounds, integer|string first_or_err
function buckets.bounds(spec)
  local kind = kinds[spec.kind]
  if not kind then return nil, ("buckets: no kind '%s'"):format(tostring(spec.kind)) end
  local err = check(spec)
  if err then return nil, err end
  local bounds, first = kind(spec)
  if #bounds > MOST then return nil, ("buckets: more than %d"):format(MOST) end
  if not ascending(bounds) then return nil, "buckets: bounds must be numbers that go up" end
  return bounds, first
end

return buckets
