-- The types of a schema.
--
-- A type has a kind (SCALAR, OBJECT, INTERFACE, UNION, ENUM, INPUT_OBJECT, LIST, NON_NULL) and
-- a text, its form in SDL. LIST and NON_NULL have `of`, the others a name.

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

-- List and non-null types are cached with their inner type, so that each exists once.

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

--- True when a value is a type.
function types.is(value) return getmetatable(value) == Type end

--- The named type inside lists and "!".
function types.named(t)
  while t.of do t = t.of end
  return t
end

--- The type without an outer "!".
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

--- True when an argument may have this type.
function types.is_input(t) return is_input(types.named(t)) end

--- True when a field may have this type.
function types.is_output(t) return is_output(types.named(t)) end

--- True when an argument or input field must be given.
function types.is_required(input)
  return input.type.kind == "NON_NULL" and input.default == nil
end

--- True when every value of `sub` is a value of `super`.
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
