-- Connections between objects: dev-agent's connectedGraph, and the graph of everything.

local kernel = require("lunette.schema.kernel")
local kinds = require("lunette.schema.kinds")
local object_graph = require("lunette.schema.object_graph")

local graph = {}

graph.sdl = [[
extend type Query {
  """
  All programs and maps that can be reached from one, over maps that programs share. Lunette's own
  are left out, unless `from` is one of them.
  """
  connectedGraph(
    "The id to start from."
    from: Int!
    "The kind of that id."
    fromType: IdType!
  ): ConnectedGraph!
  "The graph of all objects, or of those that can be reached from one node."
  graph(
    "Start from this node, such as prog:12, map:3, link:4, process:77 or interface:2."
    from: ID
    "Steps from the first node at most."
    depth: Int = 8
    "Only nodes of these kinds."
    kinds: [NodeKind!]
    "False leaves out Lunette's own objects."
    own: Boolean = true
  ): Graph!
}

"The kinds of object that dev-agent's graph has."
enum IdType {
  "A program's id."
  PROGRAM
  "A map's id."
  MAP
}

"Programs and maps that are connected."
type ConnectedGraph {
  "The programs, by id."
  programs: [Program!]!
  "The maps, by id."
  maps: [Map!]!
}

"A graph of BPF objects and their surroundings."
type Graph {
  "The nodes."
  nodes: [GraphNode!]!
  "The way in which the programs are joined."
  edges: [GraphEdge!]!
}

"The kinds of node."
enum NodeKind {
  "A program."
  PROGRAM
  "A map."
  MAP
  "A link."
  LINK
  "A process."
  PROCESS
  "A control group."
  CGROUP
  "A network interface."
  INTERFACE
}

"A node of a graph."
type GraphNode {
  "Its name in the graph, such as prog:12."
  id: ID!
  "The kind of node."
  kind: NodeKind!
  "The label."
  label: String!
  "A second line: the type."
  detail: String
  "The program, of kind PROGRAM."
  program: Program
  "The map, of kind MAP."
  map: Map
  "The link, of kind LINK."
  link: Link
  "The process, of kind PROCESS."
  process: Process
}

"The kinds of edge."
enum EdgeKind {
  "The program uses the map."
  USES
  "The link holds the program, or the map; the map (of devices, of struct_ops) the program."
  HOLDS
  "The map holds another map."
  CONTAINS
  "The program array may lead to the program by tail call."
  TAIL_CALL
  "The program replaces or traces a function of the program."
  EXTENDS
  "The process holds the object."
  OWNS
  "The program or link is attached to the cgroup or interface."
  ATTACHED
}

"An edge between two nodes."
type GraphEdge {
  "The node where the edge begins."
  from: ID!
  "The node where the edge ends."
  to: ID!
  "The kind of edge."
  kind: EdgeKind!
}
]]

local function by_id(a, b) return a.id < b.id end

-- Walks the edges between programs and maps from one object to all reachable ones. Lunette's own
-- objects are left out, unless the walk begins at one.
local function reach(k, kind, id)
  local reached = { prog = {}, map = {} }
  local start = k:demand(kind, id)
  local todo = { { kind, start } }
  reached[kind][id] = true
  local lists = { prog = {}, map = {} }
  local function meet(other, info)
    if reached[other][info.id] or (info.own and not start.own) then return end
    reached[other][info.id] = true
    todo[#todo + 1] = { other, info }
  end
  while #todo > 0 do
    local at, info = table.unpack(table.remove(todo))
    table.insert(lists[at], info)
    if at == "prog" then
      for _, map in ipairs(k:maps_of(info)) do meet("map", map) end
    else
      for _, prog in ipairs(k:users(info.id)) do meet("prog", prog) end
    end
  end
  table.sort(lists.prog, by_id)
  table.sort(lists.map, by_id)
  return lists
end

graph.resolvers = {
  Query = {
    connectedGraph = function(_, args, ctx)
      local lists = reach(kernel.of(ctx), kinds.kind[args.fromType], args.from)
      return { programs = lists.prog, maps = lists.map }
    end,
    graph = function(_, args, ctx) return object_graph.graph(kernel.of(ctx), args) end,
  },
}

return graph
