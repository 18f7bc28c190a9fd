-- Helpers of the schema's tests: queries without a server, with the real kernel, and with the
-- fixture's program and maps loaded.

local bpf = require("bpf")
local graphql = require("lunette.graphql")
local schema = require("lunette.schema")

local support = {}

local built

--- The explorer's schema, built once.
function support.schema()
  built = built or assert(schema.build())
  return built
end

--- Executes a document; context fields may be given.
---@return table result { data, errors }
function support.run(source, variables, context)
  local ctx = { cache = {}, can_write = false }
  for name, value in pairs(context or {}) do ctx[name] = value end
  return graphql.execute {
    schema = support.schema(), source = source, variables = variables, context = ctx,
  }
end

--- Executes a document without errors; returns its data.
function support.ask(source, variables, context)
  local result = support.run(source, variables, context)
  if result.errors then error(result.errors[1].message, 2) end
  return result.data
end

--- Executes a mutation with the right to write.
function support.write(source, variables)
  return support.ask(source, variables, { can_write = true })
end

--- The message of a document's single error.
function support.refusal(source, variables, context)
  local result = support.run(source, variables, context)
  if not result.errors then error("no error", 2) end
  if #result.errors ~= 1 then error(#result.errors .. " errors", 2) end
  return result.errors[1].message
end

--- Loads the fixture.
function support.load()
  local build = os.getenv("LUNETTE_BUILD") or "build"
  return assert(bpf.load(build .. "/tests/bpf/schema_fixture.bpf.o"))
end

--- The output of a command.
function support.output(command, ...)
  local file <close> = assert(io.popen(command:format(...) .. " 2>&1"))
  return file:read("a")
end

return support
