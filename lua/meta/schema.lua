---@meta lunette.schema
-- The explorer's GraphQL schema, for scripts that extend it (lunette.graphql.extend) or query it. A
-- test holds this file against the module.
--
--   local schema = require("lunette.schema")
--   for _, program in ipairs(schema.data("{ programs { id name } }").programs) do
--     print(program.id, program.name)
--   end
--
-- A resolver is a function(object, args, ctx, info). What `object` is:
--
--   Program   bpf.ProgInfo, with :rate()     Map    bpf.MapInfo
--   Link      bpf.LinkInfo                   Btf    bpf.BtfInfo
--   Host      what bpf.host() gives          Owner  an item of bpf.owners()
--
-- An object that went away since it was listed has only `id` and `error`.

local schema = {}

---@class lunette.schema.Context what a request carries; scripts may put more into cache
---@field request? table the HTTP request, nil on the command line
---@field can_write boolean may mutations change the kernel?
---@field can_eval boolean? may Lua be evaluated?
---@field cache table of this request alone: all its resolvers share it

---@class lunette.schema.Program: bpf.ProgInfo
local Program = {}

--- The program's cost now, by the sampler: empty before there are samples. A call keeps the
--- sampler, and the kernel's statistics, on for a while.
---@return { time: number?, seconds: number?, runs: number?, cpu: number?, average: number?,
---  misses: number? }
function Program:rate() end

--- The schema, with all declarations of scripts so far. Each call builds it again.
---@return table|nil schema, table? errors one text by tostring()
function schema.build() end

--- The schema without what scripts add.
---@return table|nil schema, table? errors
function schema.build_in() end

--- The SDL and the resolvers of the built-in schema.
---@return string sdl, table resolvers
function schema.source() end

---@class lunette.schema.Options
---@field variables? table
---@field operation? string its name, where the document has several
---@field can_write? boolean may mutations change the kernel? (false)

--- Answers a query or mutation without a server. The schema is built once, with what scripts have
--- added by then.
---@param source string
---@param opts? lunette.schema.Options
---@return { data: table?, errors: table[]? } response
function schema.execute(source, opts) end

--- Begins a subscription without a server: a stream, or { errors }.
---@param source string
---@param opts? lunette.schema.Options
---@return graphql.Stream|table
function schema.subscribe(source, opts) end

--- The data of a query or mutation; raises the message of its first error.
---@param source string
---@param opts? lunette.schema.Options
---@return table data
function schema.data(source, opts) end

---@class lunette.schema.kernel
local kernel = {}

--- The kernel's objects as this request read them: require("lunette.schema.kernel").of(ctx). The
--- first use enumerates a list or indexes a relation; later uses share it.
---@param ctx lunette.schema.Context
---@return lunette.schema.Kernel
function kernel.of(ctx) end

--- Forgets it, so that the next event of a subscription looks again.
---@param ctx lunette.schema.Context
function kernel.forget(ctx) end

--- The ids of all objects of a kind, in their order; the objects aren't read.
---@param kind "prog"|"map"|"link"|"btf"
---@return integer[]
function kernel.ids(kind) end

---Why an object could not be read, as one sentence.
---@param kind bpf.Kind
---@param id integer
---@param err? string of the bpf module, which names the object too; nil: it is not there
---@param errno? integer
---@return string
function kernel.why_not(kind, id, err, errno) end

--- Opens an object; nil and why it could not be opened, as one sentence.
---@param kind bpf.Kind
---@param id integer
---@return table|nil handle, string? err, integer? errno
function kernel.open(kind, id) end

---@class lunette.schema.Kernel
local Kernel = {}

--- All objects of a kind, by id.
---@param kind "prog"|"map"|"link"|"btf"
---@return table[]
function Kernel:list(kind) end

--- One object; nil and why where it isn't there.
---@param kind "prog"|"map"|"link"|"btf"
---@param id integer
---@return table|nil info, string? err
function Kernel:find(kind, id) end

--- The objects with these ids, without missing ones. Reads no others.
---@param kind "prog"|"map"|"link"|"btf"
---@param ids integer[]
---@return table[]
function Kernel:some(kind, ids) end

--- One object; of one that is gone { id, error }.
---@param kind "prog"|"map"|"link"|"btf"
---@param id integer
---@return table
function Kernel:object(kind, id) end

--- One object; raises where it isn't there.
---@param kind "prog"|"map"|"link"|"btf"
---@param id integer
---@return table
function Kernel:demand(kind, id) end

--- The objects of a kind whose field has this value: links by prog_id, maps by btf_id.
---@param kind "prog"|"map"|"link"|"btf"
---@param field string
---@param id integer
---@return table[]
function Kernel:having(kind, field, id) end

--- An index made once a request: fill(add) calls add(key, item) for every item.
---@param name string
---@param fill fun(add: fun(key: any, item: any))
---@return table<any, any[]>
function Kernel:index(name, fill) end

--- The programs that use a map.
---@param map_id integer
---@return table[]
function Kernel:users(map_id) end

--- The maps that a program uses.
---@param prog table
---@return table[]
function Kernel:maps_of(prog) end

--- Everything pinned.
---@return table[]
function Kernel:pins() end

--- The paths at which an object is pinned.
---@param kind "prog"|"map"|"link"
---@param id integer
---@return string[]
function Kernel:pins_of(kind, id) end

--- Which process holds what.
---@return table[]
function Kernel:owners() end

--- The holders of an object.
---@param kind "prog"|"map"|"link"|"btf"
---@param id integer
---@return table[]
function Kernel:owners_of(kind, id) end

--- The objects that a process holds.
---@param pid integer
---@return table[]
function Kernel:held_by(pid) end

--- The perf events that hold programs.
---@return table[]
function Kernel:tasks() end

--- The perf events that hold a program.
---@param prog_id integer
---@return table[]
function Kernel:tasks_of(prog_id) end

--- The entries of a map of maps or a program array.
---@param map table
---@return { key: string, index: integer?, id: integer }[]
function Kernel:slots(map) end

--- Entries by map id, of the types that the kernel counts.
---@return table<integer, integer>
function Kernel:fills() end

--- The descriptions of scripts' pages and panels.
---@return table<string, table>
function Kernel:views() end

--- The path of a process' cgroup, or nil.
---@param pid integer
---@return string|nil
function Kernel:cgroup_of_process(pid) end

--- Every place where a program hangs (lunette.attach).
---@param effective? boolean with what control groups inherit
---@return table[]
function Kernel:attachments(effective) end

--- A sentence for each source that could not be read, with the reason.
---@return string[]
function Kernel:attachment_notes() end

--- Where a link is attached, or nil.
---@param id integer
---@return table|nil
function Kernel:attachment_of_link(id) end

--- When the host booted, in seconds since 1970.
---@return number
function Kernel:boot_time() end

--- The time now, in seconds since 1970, by the clock that samples are stamped with.
---@return number
function Kernel:now() end

--- The host, as bpf.host() gives it.
---@return table
function Kernel:host() end

return schema
