-- Types of a schema: what they are made of, and what one may ask of them.
--
-- A type has a kind (SCALAR, OBJECT, INTERFACE, UNION, ENUM, INPUT_OBJECT, LIST, NON_NULL) and
-- a text, as it stands in SDL. LIST and NON_NULL have `of`, the others a name.

local types = {}

local Type = {}
Type.__index = Type
Type.__tostring = function(self) return self.text end

--- Makes a named type.
---@param spec table
---@return table
function types.new(spec)
  spec.text = spec.name
  return setmetatable(spec, Type)
end

-- Wrappers are kept with what they wrap, so that each is made once.

--- The list of a type.
function types.list(of)
  if not of.as_list then
    of.as_list = setmetatable({ kind = "LIST", of = of, text = "[" .. of.text .. "]" }, Type)
  end
  return of.as_list
end

--- A type that is never null.
function types.non_null(of)
  if not of.as_non_null then
    of.as_non_null = setmetatable({ kind = "NON_NULL", of = of, text = of.text .. "!" }, Type)
  end
  return of.as_non_null
end

--- Is this value a type?
function types.is(value) return getmetatable(value) == Type end

--- What is left when lists and "!" are taken away.
function types.named(t)
  while t.of do t = t.of end
  return t
end

--- What is left when an outer "!" is taken away.
function types.nullable(t) return t.kind == "NON_NULL" and t.of or t end

local function among(...)
  local set = {}
  for _, kind in ipairs({ ... }) do set[kind] = true end
  return function(t) return set[t.kind] == true end
end

local is_input = among("SCALAR", "ENUM", "INPUT_OBJECT")
local is_output = among("SCALAR", "ENUM", "OBJECT", "INTERFACE", "UNION")

types.is_leaf = among("SCALAR", "ENUM")
types.is_composite = among("OBJECT", "INTERFACE", "UNION")
types.is_abstract = among("INTERFACE", "UNION")
types.has_fields = among("OBJECT", "INTERFACE")

--- May it be the type of an argument?
function types.is_input(t) return is_input(types.named(t)) end

--- May it be the type of a field?
function types.is_output(t) return is_output(types.named(t)) end

--- Must an argument or input field be given?
function types.is_required(input)
  return input.type.kind == "NON_NULL" and input.default == nil
end

--- Is every value of `sub` one of `super`?
---@param schema table
function types.is_subtype(schema, sub, super)
  if sub == super then return true end
  if super.kind == "NON_NULL" then
    return sub.kind == "NON_NULL" and types.is_subtype(schema, sub.of, super.of)
  elseif sub.kind == "NON_NULL" then
    return types.is_subtype(schema, sub.of, super)
  elseif super.kind == "LIST" or sub.kind == "LIST" then
    return super.kind == sub.kind and types.is_subtype(schema, sub.of, super.of)
  end
  return types.is_abstract(super) and types.has_fields(sub) and schema:implements(sub, super)
end

return types
