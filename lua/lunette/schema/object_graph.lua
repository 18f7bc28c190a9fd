-- The graph of all objects: programs, maps, links, processes, cgroups and interfaces as nodes,
-- their relations as edges.

local kinds = require("lunette.schema.kinds")
local names = require("lunette.names")

local object_graph = {}

local Builder = {}
Builder.__index = Builder

function Builder:node(id, kind, fields)
  if self.nodes[id] then return id end
  fields.id, fields.kind = id, kind
  self.nodes[id] = fields
  self.order[#self.order + 1] = id
  return id
end

function Builder:edge(from, to, kind)
  if not from or not to then return end
  local key = from .. ">" .. to .. kind
  if self.joined[key] then return end
  self.joined[key] = true
  self.edges[#self.edges + 1] = { from = from, to = to, kind = kind }
end

function Builder:link_label(info)
  local row = self.k:attachment_of_link(info.id)
  return row and row.target ~= "" and row.target or info.type
end

-- The node of a BPF object; nil when it is filtered out or removed.
function Builder:object(kind, id)
  local key = kind .. ":" .. id
  if self.nodes[key] then return key end
  local info = self.k:find(kind, id)
  if not info or (info.own and not self.own) then return nil end
  local label, detail = info.full_name or info.name, nil
  if kind == "prog" then detail = names.prog(info.type) end
  if kind == "map" then detail = names.map(info.type) end
  if kind == "link" then label, detail = self:link_label(info), info.type end
  if not label or label == "" then label = kind .. " " .. id end
  return self:node(key, kinds.enum[kind], { label = label, detail = detail, object = info })
end

function Builder:programs()
  for _, prog in ipairs(self.k:list("prog")) do
    local node = self:object("prog", prog.id)
    if node then
      for _, id in ipairs(prog.map_ids or {}) do self:edge(node, self:object("map", id), "USES") end
    end
  end
end

function Builder:maps()
  for _, map in ipairs(self.k:list("map")) do
    local node = self:object("map", map.id)
    if node and (map.type == "array_of_maps" or map.type == "hash_of_maps") then
      for _, slot in ipairs(self.k:slots(map)) do
        self:edge(node, self:object("map", slot.id), "CONTAINS")
      end
    elseif node and map.type == "prog_array" then
      for _, slot in ipairs(self.k:slots(map)) do
        self:edge(node, self:object("prog", slot.id), "TAIL_CALL")
      end
    end
  end
end

-- The node of the cgroup or interface to which a row of the attach view belongs.
function Builder:place(row)
  if row.cgroup_id and row.cgroup_id ~= 0 then
    return self:node(("cgroup:%u"):format(row.cgroup_id), "CGROUP",
      { label = row.cgroup_path or ("cgroup %u"):format(row.cgroup_id), detail = "cgroup" })
  end
  if not row.ifindex then return nil end
  return self:node(("interface:%d@%u"):format(row.ifindex, row.netns or 0), "INTERFACE",
    { label = row.ifname or ("interface %d"):format(row.ifindex), detail = row.netns_path })
end

function Builder:links()
  for _, link in ipairs(self.k:list("link")) do
    local node = self:object("link", link.id)
    if node and link.prog_id and link.prog_id ~= 0 then
      self:edge(node, self:object("prog", link.prog_id), "HOLDS")
    end
    if node and link.map_id and link.map_id ~= 0 then
      self:edge(node, self:object("map", link.map_id), "HOLDS")
    end
  end
end

-- Adds attachments: edges from the link, or from the program when there is no link.
function Builder:attachments()
  for _, row in ipairs(self.k:attachments()) do
    local holder = row.link_id and self:object("link", row.link_id)
      or row.prog_id and self:object("prog", row.prog_id)
    if holder then self:edge(holder, self:place(row), "ATTACHED") end
    local in_map = row.kind == "struct_ops" or row.how == "map" and row.kind ~= "tail_call"
    if in_map and row.prog_id then
      self:edge(self:object("map", row.map_id), self:object("prog", row.prog_id), "HOLDS")
    end
    if holder and row.target_prog_id then
      self:edge(holder, self:object("prog", row.target_prog_id), "EXTENDS")
    end
  end
end

function Builder:processes()
  for _, hold in ipairs(self.k:owners()) do
    local node = hold.kind ~= "btf" and self:object(hold.kind, hold.id)
    if node then
      local process = { pid = hold.pid, comm = hold.comm }
      local id = self:node("process:" .. hold.pid, "PROCESS",
        { label = hold.comm, detail = "pid " .. hold.pid, object = process })
      self:edge(id, node, "OWNS")
    end
  end
end

-- The nodes within `depth` steps of a node, following edges in both directions.
local function within(builder, from, depth)
  if not builder.nodes[from] then error(("graph: no node '%s'"):format(from), 0) end
  local beside = {}
  for _, edge in ipairs(builder.edges) do
    beside[edge.from] = beside[edge.from] or {}
    beside[edge.to] = beside[edge.to] or {}
    table.insert(beside[edge.from], edge.to)
    table.insert(beside[edge.to], edge.from)
  end
  local reached, ring = { [from] = true }, { from }
  for _ = 1, depth do
    local next_ring = {}
    for _, id in ipairs(ring) do
      for _, other in ipairs(beside[id] or {}) do
        if not reached[other] then
          reached[other] = true
          next_ring[#next_ring + 1] = other
        end
      end
    end
    ring = next_ring
  end
  return reached
end

-- Keeps the allowed nodes and edges, in order.
local function keep(builder, allowed)
  local nodes, edges = {}, {}
  for _, id in ipairs(builder.order) do
    if allowed(builder.nodes[id]) then nodes[#nodes + 1] = builder.nodes[id] end
  end
  for _, edge in ipairs(builder.edges) do
    if allowed(builder.nodes[edge.from]) and allowed(builder.nodes[edge.to]) then
      edges[#edges + 1] = edge
    end
  end
  return { nodes = nodes, edges = edges }
end

--- The graph as the schema's Graph.
---@param k table
---@param args { from: string?, depth: integer?, kinds: string[]?, own: boolean? }
---@return table
function object_graph.graph(k, args)
  local builder = setmetatable(
    { k = k, own = args.own ~= false, nodes = {}, order = {}, edges = {}, joined = {} }, Builder)
  builder:programs()
  builder:maps()
  builder:links()
  builder:attachments()
  builder:processes()
  local reached = args.from and within(builder, args.from, args.depth or 8)
  local wanted
  for _, kind in ipairs(args.kinds or {}) do
    wanted = wanted or {}
    wanted[kind] = true
  end
  return keep(builder, function(node)
    return (not reached or reached[node.id]) and (not wanted or wanted[node.kind])
  end)
end

return object_graph
