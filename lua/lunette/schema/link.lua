-- Links: each keeps a program attached.

local cells = require("lunette.table.cells")
local filter = require("lunette.schema.filter")
local kernel = require("lunette.schema.kernel")
local subscription = require("lunette.schema.subscription")

local link = {}

link.sdl = [[
extend type Query {
  "One link by its id."
  link("The kernel's id." id: Int!): Link!
  "The links, by id."
  links("Only objects that match." filter: LinkFilter): [Link!]!
}

extend type Subscription {
  "The links, by id, at once and whenever the answer changes."
  links(
    "Only objects that match."
    filter: LinkFilter
    "Seconds between two looks."
    every: Float = 2.0
  ): [Link!]!
}

"Which links. All conditions given must hold."
input LinkFilter {
  "One of these ids."
  ids: [Int!]
  "A type, in the kernel's spelling, such as perf_event or tcx."
  type: String
  "Those of this program."
  programId: Int
  "False leaves out Lunette's own links, true leaves only those."
  own: Boolean
}

"A link: it holds a program at its attach point."
type Link {
  "The kernel's id."
  id: Int!
  "Why nothing else could be read, or null."
  error: String
  "Its type in the kernel's spelling."
  type: String!
  "The kernel's number of the type."
  typeId: Int
  "How it attaches, in the kernel's spelling, where the type tells."
  attachType: String
  "The target: a tracepoint, a function, a cgroup's path, an interface."
  target: String
  "All that the kernel tells of this type of link, by the kernel's names."
  details: JSON!
  "Id of its program."
  programId: Int
  "Its program."
  program: Program
  "Is it pinned in a BPF file system?"
  isPinned: Boolean!
  "The paths it is pinned at."
  pins: [String!]!
  "The processes that hold it."
  owners: [Owner!]!
  "Is it one of Lunette's own?"
  own: Boolean!
}
]]

-- Fields of link info that have GraphQL fields of their own.
local PLAIN = { id = true, type = true, type_id = true, prog_id = true, own = true }

local function details(info)
  local rest = {}
  for name, value in pairs(info) do
    if not PLAIN[name] then rest[name] = cells.exact(value, name) end
  end
  return rest
end

local function target(info, k)
  local row = k:attachment_of_link(info.id)
  local words = row and (row.link_target or row.target)
  return words ~= "" and words or nil
end

local function list(args, ctx)
  local k = kernel.of(ctx)
  if not args.filter then return k:list("link") end
  local function parse_type(text) return text:lower() end
  return filter.objects(k, "link", args.filter, { parse_type = parse_type })
end

link.resolvers = {
  Query = {
    link = function(_, args, ctx) return kernel.of(ctx):demand("link", args.id) end,
    links = function(_, args, ctx) return list(args, ctx) end,
  },
  Subscription = {
    links = {
      subscribe = subscription.when_other(list), resolve = function(event) return event end,
    },
  },
  Link = {
    type = function(info) return info.type or "" end,
    typeId = function(info) return info.type_id end,
    attachType = function(info) return info.attach_type end,
    target = function(info, _, ctx) return target(info, kernel.of(ctx)) end,
    details = details,
    programId = function(info) return info.prog_id ~= 0 and info.prog_id or nil end,
    program = function(info, _, ctx)
      local id = info.prog_id
      return id and id ~= 0 and kernel.of(ctx):object("prog", id) or nil
    end,
    isPinned = function(info, _, ctx) return #kernel.of(ctx):pins_of("link", info.id) > 0 end,
    pins = function(info, _, ctx) return kernel.of(ctx):pins_of("link", info.id) end,
    owners = function(info, _, ctx) return kernel.of(ctx):owners_of("link", info.id) end,
    own = function(info) return info.own or false end,
  },
}

return link
