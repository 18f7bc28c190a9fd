-- Tools: BPF programs with a live table, started and stopped in the server.

local control = require("lunette.tool.control")
local guarded = require("lunette.schema.guard").guarded
local json = require("lunette.runtime.json")
local tool = require("lunette.tool")

local tools = {}

tools.sdl = [[
extend type Query {
  "The tools: what is built in, and what scripts declare."
  tools: [Tool!]!
}

extend type Mutation {
  "Starts a tool in the server. One that runs is started anew with these parameters."
  startTool(
    "Its name."
    name: String!
    "Its parameters by name, such as { pid: 42 }."
    params: JSON
  ): MutationResult!
  "Stops a tool of the server: its programs and maps are removed from the kernel."
  stopTool("Its name." name: String!): MutationResult!
}

extend type Subscription {
  """
  The rows of a tool that runs in the server: events as they come, at most 1000 at a time, and
  entries of a map every second.
  """
  toolEvents("Its name." name: String!): ToolEvents!
}

"A tool: a BPF program that shows something while it runs."
type Tool {
  "Its name, such as opensnoop."
  name: String!
  "What it shows."
  help: String!
  "events, table, histogram or folded."
  view: String!
  "Its parameters."
  params: [ToolParam!]!
  "Its columns."
  columns: [ToolColumn!]!
  "Does it run in this server?"
  running: Boolean!
  "Rows since it was started; null while it does not run, and for maps."
  events: Float
  "Events lost because a buffer was full, or entries for which a map had no room; null: unknown."
  lost: Float
  "Why it does not run though it was started; null otherwise."
  error: String
  "When it was started, in seconds since 1970; null: never."
  since: Float
}

"A parameter of a tool."
type ToolParam {
  "Its name."
  name: String!
  "integer, number, text or flag."
  type: String!
  "What it does."
  help: String
  "The value where none is given."
  default: JSON
  "The texts that it takes; null: any."
  choices: [String!]
}

"A column of a tool."
type ToolColumn {
  "Its name in rows."
  name: String!
  "Its title."
  title: String!
}

"Rows of a tool."
type ToolEvents {
  "The rows, each an object by the columns' names."
  rows: [JSON!]!
  "Rows that came at the same time, before these, and are left out."
  skipped: Int!
  "Events lost so far; null: unknown."
  lost: Float
}
]]

local function demand(name)
  local spec, err = tool.find(name)
  if not spec then error(err, 0) end
  return spec
end

local function start(args)
  local given = args.params
  if given == nil or given == json.null then given = {} end
  if type(given) ~= "table" then return nil, "params: an object by name is needed" end
  return control.start(args.name, given)
end

local function stop(args) return control.stop(args.name) end

local function subscribe(_, args)
  demand(args.name)
  return { topic = "tool." .. args.name, map = function(event) return event end }
end

-- A field of the state.
local function state(field)
  return function(spec) return (control.state(spec.name) or {})[field] end
end

tools.resolvers = {
  Query = { tools = tool.list },
  Mutation = { startTool = guarded(start), stopTool = guarded(stop) },
  Subscription = {
    toolEvents = { subscribe = subscribe, resolve = function(event) return event end },
  },
  Tool = {
    columns = function(spec) return spec.columns or {} end,
    running = function(spec) return (control.state(spec.name) or {}).running or false end,
    events = state("events"), lost = state("lost"), error = state("error"),
    since = state("since"),
  },
}

return tools
