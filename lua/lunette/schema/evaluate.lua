-- Runs Lua given by a client: the console, and decoders on trial. Requires the right to evaluate.

local audit = require("lunette.runtime.audit")
local complete = require("lunette.runtime.console.complete")
local decode = require("lunette.decode")
local files = require("lunette.runtime.files")
local kernel = require("lunette.schema.kernel")
local scripts = require("lunette.runtime.scripts")
local session = require("lunette.runtime.console.session")
local table_part = require("lunette.schema.table")
local trial = require("lunette.decode.trial")

local evaluate = {}

evaluate.sdl = [[
extend type Mutation {
  "Runs a piece of Lua, as the REPL does. Needs --allow-eval and the token."
  evaluate(
    "Lua: an expression, or statements."
    source: String!
    "Globals last as long as the session: in one VM, so over one WebSocket."
    session: String = "console"
  ): Evaluation!
  "Completions for the end of a piece of Lua. Needs --allow-eval and the token."
  complete(
    "The text so far."
    source: String!
    "The session whose globals are known."
    session: String = "console"
  ): Completion!
  "Reads a map with a decoder that is not in force. Needs --allow-eval and the token."
  tryDecoder(
    "The map."
    mapId: Int!
    "A script that declares a decoder. Other declarations in it are ignored."
    source: String!
    "Rows at most."
    first: Int = 100
  ): DecoderTrial!
  """
  Saves a script in the folder of the server's scripts. The server loads it with the next
  generation of scripts. Needs --allow-eval and the token.
  """
  saveScript(
    "A file's name, such as decoders.lua."
    name: String!
    "Lua."
    source: String!
  ): SavedScript!
}

"The results of a piece of Lua."
type Evaluation {
  "The output of print()."
  output: String!
  "Its results, as the REPL shows them."
  results: [String!]!
  "Why it failed, with a traceback, or null."
  error: String
  "Is it the beginning of a statement that needs more lines?"
  incomplete: Boolean!
}

"Names that may follow."
type Completion {
  "The beginning of the name, as it was typed."
  start: String!
  "The names that begin so."
  candidates: [String!]!
}

"A map's table by a decoder that is not in force."
type DecoderTrial {
  "What is wrong with the decoder, or null."
  error: String
  "The line of the source that the error names."
  line: Int
  "The entries, or null."
  table: MapTable
}

"A script that was saved."
type SavedScript {
  "Why the script was not saved, or null."
  error: String
  "The line that the error names."
  line: Int
  "Its path."
  path: String
}
]]

local FORBIDDEN =
  "running Lua is not allowed: start the server with --allow-eval and send its token"

-- The console's query(): read-only.
local function query(source, variables)
  return require("lunette.schema").data(source, { variables = variables })
end

local function run(args)
  return session.evaluate(session.open(args.session, query), args.source)
end

local function candidates(args)
  local names, start = complete.candidates(args.source, session.open(args.session, query).env)
  return { candidates = names, start = start }
end

local function guarded(resolve)
  return function(_, args, ctx, info)
    if not ctx.can_eval then
      audit.write(ctx.request, info.field_name, args, "refused")
      error(FORBIDDEN, 0)
    end
    if resolve ~= candidates then audit.write(ctx.request, info.field_name, args, "runs") end
    return resolve(args, ctx)
  end
end

-- Tries the last declared decoder, which wins among equals, as in a script.
local function try(args, ctx)
  local specs, failure = trial.specs(args.source)
  if not specs then return { error = failure.message, line = failure.line } end
  local k = kernel.of(ctx)
  local info = k:object("map", args.mapId)
  local spec = specs[#specs]
  local ok, decoder = pcall(decode.trial, info, spec)
  if not ok then
    return { error = tostring(decoder):gsub("^[^:]+:%d+: ", ""), line = spec.source.line }
  end
  k.decoders = k.decoders or {}
  k.decoders[info.id] = decoder
  return { table = table_part.page(info, { first = args.first, cpus = "SUM" }, ctx) }
end

local function folder_of(paths)
  for _, path in ipairs(paths) do
    local dir = io.open(path .. "/.")
    if dir then
      dir:close()
      return path
    end
  end
  return nil
end

local function save(args)
  if not args.name:match("^[%w_][%w_.-]*%.lua$") then
    return { error = "the name must be that of a file, such as decoders.lua" }
  end
  local chunk, err = load(args.source, "=" .. args.name, "t")
  if not chunk then
    return { error = err, line = math.tointeger(tonumber(err:match(":(%d+):"))) }
  end
  local dir = folder_of(scripts.serving)
  if not dir then return { error = "the server was started without a folder (--script DIR)" } end
  local path = dir .. "/" .. args.name
  local ok, why = files.write(path, args.source, { regular_only = true })
  return { path = ok and path, error = not ok and why or nil }
end

evaluate.resolvers = {
  Mutation = {
    evaluate = guarded(run), complete = guarded(candidates), tryDecoder = guarded(try),
    saveScript = guarded(save),
  },
}

return evaluate
