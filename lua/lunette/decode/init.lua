-- Decoders: declared by scripts for the maps they match. Without a declared one a map is decoded by
-- BTF, by its type, or by sizes. for_map returns the decoder in force, and the reason.

local bpf = require("bpf")
local registry = require("lunette.registry")
local strict = require("lunette.runtime.strict")
local bpftrace = require("lunette.decode.bpftrace")
local btf = require("lunette.decode.btf")
local combinators = require("lunette.decode.combinators")
local cpus = require("lunette.decode.cpus")
local defaults = require("lunette.decode.defaults")
local facts = require("lunette.decode.facts")
local format = require("lunette.decode.format")
local histogram = require("lunette.decode.histogram")
local match = require("lunette.decode.match")
local records = require("lunette.decode.records")

local decode = setmetatable({}, { __index = combinators })

decode.format, decode.parse = format.format, format.parse

local function as_node(part, size)
  if type(part) == "function" then return combinators.func(size, part) end
  return part
end

local FIELDS = strict.set "match key value cpus name source"

local function check_part(spec, name, level)
  local part = spec[name]
  if part ~= nil and type(part) ~= "function" and not combinators.is_node(part) then
    error(("decoder: %s must be made by lunette.decode, or be a function"):format(name), level)
  end
end

--- Raises when `spec` is no valid decoder.
---@param spec any
---@param level? integer whom to blame, as in error()
function decode.check(spec, level)
  level = (level or 1) + 1
  if type(spec) ~= "table" then error("decoder: must be a table", level) end
  strict.options("decoder", spec, FIELDS, level)
  match.check(spec.match or error("decoder: needs a match", level), level)
  check_part(spec, "key", level + 1)
  check_part(spec, "value", level + 1)
  if spec.cpus ~= nil then cpus.check(spec.cpus, level) end
end

--- Declares a decoder: { match =, key =, value =, cpus =, name = }.
---@param spec table
function decode.declare(spec)
  decode.check(spec, 2)
  return registry.declare("decoder", spec)
end

--- A plan for a node or a function, for a field of `size` bytes.
---@param part table|function
---@param size integer
---@return Plan
function decode.compile(part, size)
  return bpf.plan(combinators.spec(as_node(part, size)), size)
end

-- The declared decoder that matches best; of equals the last declared one. nil and the reason when
-- it is unknown whether a decoder matches.
local function best_declared(info)
  local best, best_weight, best_words, problem
  for _, spec in ipairs(registry.list("decoder")) do
    local weight, words = match.weigh(spec.match, info, facts)
    if weight and (not best or weight >= best_weight) then
      best, best_weight, best_words = spec, weight, words
    elseif not weight and words then
      problem = ("the decoder at %s is not used: %s"):format(registry.where(spec), words)
    end
  end
  return best, best and best_words or problem
end

-- Sources of decoders. Each gives some of: key, value (nodes) or key_plan, value_plan, reduce.
local function from_declared(info, forced)
  local spec, words = forced, "this trial"
  if not spec then spec, words = best_declared(info) end
  if not spec then return nil, words end
  return { name = spec.name or registry.where(spec), kind = "declared", key = spec.key,
    value = spec.value, reduce = spec.cpus, source = spec.source,
    why = ("declared at %s for %s"):format(registry.where(spec), words) }
end

local function of_plans(plans, why)
  if not plans.key and not plans.value then return nil end
  return { name = plans.name and "BTF " .. plans.name or "BTF", kind = "btf",
    key_plan = plans.key, value_plan = plans.value,
    why = why .. (plans.key and plans.value and "key and value" or plans.key and "key" or "value") }
end

local function from_btf(info)
  return of_plans(btf.plans(info), ("BTF %d describes its "):format(info.btf_id))
end

local function from_program(info)
  local plans, problem = btf.declared(info)
  if problem then return nil, problem end
  return of_plans(plans, ("BTF %d, of a program that uses it, declares its "):format(plans.id or 0))
end

-- True when the key of an LPM trie is a length and one address, by all that is known of it. Columns
-- that overlap (those of struct in6_addr, for example) are views of the same bytes.
local function is_prefix(info)
  local plan = btf.plans(info).key or btf.declared(info).key
  if not plan then return true end
  local rest = info.key_size - 4
  if rest ~= 4 and rest ~= 16 then return false end
  for i, column in ipairs(plan:columns("key")) do
    local whole = column.offset == 4 and column.size == rest
    if not whole and (i > 1 or column.offset > 0 or column.size ~= 4) then return false end
  end
  return true
end

local function from_type(info)
  local key, value = defaults.key_of_type(info), defaults.value_of_type(info)
  if key and info.type == "lpm_trie" and not is_prefix(info) then key = nil end
  if not key and not value then return nil end
  return { name = info.type, kind = "type", key = key, value = value,
    why = ("every %s map holds this"):format(info.type) }
end

local function from_bpftrace(info)
  local guess = bpftrace.guess(info)
  if not guess then return nil end
  return { name = "bpftrace", kind = "bpftrace", key = guess.key, value = guess.value,
    reduce = guess.reduce, why = guess.why, bpftrace = guess.map }
end

local function from_size(info)
  return { name = "default", kind = "default", key = defaults.field(info.key_size),
    value = defaults.field(info.value_size),
    why = "no decoder and no BTF: numbers by their size, else hex" }
end

-- A bpftrace script knows more than BTF, which has no names for bpftrace's data.
local function from_script(info)
  local source = from_bpftrace(info)
  return source and source.bpftrace and source or nil
end

local SOURCES = {
  from_declared, from_type, from_script, from_btf, from_bpftrace, from_program, from_size,
}

-- The values of these types are 4-byte ids of objects, whatever BTF says.
local SHOWS_IDS = { prog_array = true, array_of_maps = true, hash_of_maps = true }

local function value_bytes(info)
  return SHOWS_IDS[info.type] and 4 or info.value_size
end

-- A ring buffer has neither keys nor values: the declared value is the layout of its records.
local RINGS = { ringbuf = true, user_ringbuf = true }

local function take_records(decoder, source)
  if decoder.record_plan or not source.value then return end
  local node = source.value
  if type(node) == "function" then node = combinators.func(0, node) end
  decoder.record_plan = bpf.plan(combinators.spec(node))
end

-- Fills in the missing parts of a decoder from a less specific source.
local function complete(decoder, source, info)
  if RINGS[info.type] and source.kind == "declared" then return take_records(decoder, source) end
  if not decoder.key_plan and (source.key_plan or source.key) then
    decoder.key_plan = source.key_plan or decode.compile(source.key, info.key_size)
  end
  if not decoder.value_plan and (source.value_plan or source.value) then
    decoder.value_plan = source.value_plan or decode.compile(source.value, value_bytes(info))
    decoder.reduce = source.reduce
  end
end

-- The columns of a plan; the list also keeps the plan, so that values can be encoded.
local function columns_of(plan, side)
  return setmetatable(plan:columns(side),
    { __index = { plan = plan, root = side }, json_list = true })
end

local function finished(decoder)
  decoder.plan = { key = decoder.key_plan, value = decoder.value_plan }
  decoder.columns = { key = columns_of(decoder.key_plan, "key"),
    value = columns_of(decoder.value_plan, "value") }
  decoder.pure = not decoder.key_plan:calls_lua() and not decoder.value_plan:calls_lua()
  return decoder
end

-- Sources that depend only on the map itself, not on scripts or running programs.
local OF_TYPES = { from_type, from_btf, from_program, from_size }

local function build(info, forced, sources)
  local decoder, problems = nil, {}
  for _, find in ipairs(sources or SOURCES) do
    local source, problem = find(info, forced)
    problems[#problems + 1] = problem
    if source then
      decoder = decoder or { name = source.name, kind = source.kind, why = source.why,
        source = source.source, bpftrace = source.bpftrace }
      complete(decoder, source, info)
      if decoder.key_plan and decoder.value_plan then break end
    end
  end
  if #problems > 0 then
    decoder.why = ("%s (%s)"):format(decoder.why, table.concat(problems, "; "))
  end
  return finished(decoder)
end

--- The decoder in force for a map, and the reason.
---@param info MapInfo
---@return Decoder
function decode.for_map(info)
  local ok, decoder = pcall(build, info)
  if ok then return decoder end
  -- a decoder that can't fit this map (a field outside, for example) must not hide it
  local plain = from_size(info)
  local fallback = { name = plain.name, kind = "default", error = decoder,
    why = ("the decoder for it is wrong: %s"):format(decoder) }
  complete(fallback, plain, info)
  return finished(fallback)
end

--- The decoder by the map's types alone: BTF, the type of map, sizes. It merges no CPU values.
--- Loops over a map use it, so that other scripts' decoders do not change their results.
---@param info MapInfo
---@return Decoder
function decode.of_types(info) return build(info, nil, OF_TYPES) end

--- Decodes the records in a ring buffer: see lunette.decode.records.
decode.records = records.look
--- The decoder that a map would have with this declaration. Raises when it can't fit.
---@param info MapInfo
---@param spec table as decode.declare takes it, with a source
---@return Decoder
function decode.trial(info, spec) return build(info, spec) end

--- Histograms from slots: see lunette.decode.histogram.
decode.histogram = histogram

return decode
