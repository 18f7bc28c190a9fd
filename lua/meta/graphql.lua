---@meta lunette.graphql
-- The GraphQL engine, as a script gets it by require("lunette.graphql"): complete to the
-- specification of September 2025, and usable without a server:
--
--   local graphql = require("lunette.graphql")
--   local schema = assert(graphql.build_schema([[
--     type Query { hello(name: String = "you"): String! } ]], {
--     Query = { hello = function(_, args) return "hello " .. args.name end } }))
--   local result = graphql.execute { schema = schema, source = "{ hello }" }
--   print(result.data.hello)

local graphql = {}

---@class graphql.Schema
---@field types table<string, graphql.Type> every type by name
---@field list graphql.Type[] in the order of the definitions
---@field query graphql.Type
---@field mutation graphql.Type?
---@field subscription graphql.Type?
---@field directives table[]

---@class graphql.Type tostring() gives its text, such as "[Int!]!"
---@field kind "SCALAR"|"OBJECT"|"INTERFACE"|"UNION"|"ENUM"|"INPUT_OBJECT"|"LIST"|"NON_NULL"
---@field name string? of all but LIST and NON_NULL
---@field of graphql.Type? what LIST and NON_NULL wrap
---@field description string?

--- A field is what its resolver returns, or, without one, what the object holds under its name (a
--- function there is called like a resolver). A null argument is its default, or nil where it has
--- none; info.given tells null from absence. A resolver fails by error("message"),
--- error(graphql.error{…}), return nil, "message", or a graphql.error as its value or in a list.
---@alias graphql.Resolver fun(object: any, args: table, ctx: any, info: graphql.Info): any, string?

---@class graphql.FieldResolver
---@field resolve graphql.Resolver?
---@field subscribe graphql.Resolver? of a root field of Subscription: gives a graphql.Source
---@field wide boolean? an Int up to 2^53 passes, as clients of dev-agent expect of runCount

---@class graphql.Info
---@field field_name string
---@field key string the alias, or the name
---@field parent_type graphql.Type
---@field return_type graphql.Type
---@field schema graphql.Schema
---@field operation table
---@field fragments table<string, table>
---@field variables table
---@field given table the arguments with their nulls (json.null)
---@field root any
local Info = {}

--- Where in the response the field is: response keys and indexes from 0.
---@return any[]
function Info:path() end

--- Is a field of that name selected below this one? For resolvers that can spare work.
---@param name string
---@return boolean
function Info:selects(name) end

--- Where the events of a subscription come from: a function that gives the next event and nil at
--- the end, or a table with one of topic, every, iterate. map makes the root value of an event.
---@class graphql.Source
---@field topic string? what lunette.topic(name):publish sends
---@field every number? seconds, 0.01 to 86400
---@field iterate (fun(): any)?
---@field map (fun(payload: any): any)?
---@field distinct boolean? an answer that is the same as the one before is not told
---@field close fun()?

---@class graphql.Error
---@field message string
---@field extensions table?

--- Makes an error for error() or as a value.
---@param spec graphql.Error
---@return graphql.Error
function graphql.error(spec) end

--- Builds a schema of SDL, or of tables: { Type = { field = "Int" | { type, args, description,
--- deprecated, resolve, subscribe, wide } } }, or { Type = { kind = "interface"|"union"|"enum"|
--- "input"|"scalar"|"object", … } } (lua/lunette/graphql/tables.lua). Resolvers are { Type =
--- { field = fn|graphql.FieldResolver, __resolve_type = fn, __is_type_of = fn }, Enum = { NAME =
--- value }, Scalar = { serialize, parse_value, parse_literal } }. The scalars Int64, UInt64 (exact,
--- decimal strings in JSON) and JSON work as soon as they are declared. tostring(errors) has a line
--- for each.
---@param definitions string|table
---@param resolvers? table<string, table>
---@param opts? { extensions: table[] } those of graphql.extensions()
---@return graphql.Schema|nil schema, graphql.Error[]? errors
function graphql.build_schema(definitions, resolvers, opts) end

--- Adds to the explorer's schema: the fields of a type by table, or anything by SDL. Building the
--- schema reports errors, with file and line.
---@param what string a type's name, or SDL
---@param with? table fields, or resolvers
function graphql.extend(what, with) end

--- The declarations of scripts by extend.
---@return table[]
function graphql.extensions() end

---@class graphql.Limits
---@field tokens integer? of the document
---@field depth integer? of selections, introspection left out
---@field aliases integer?
---@field cost integer? values that lists may give, by their first, last, limit or top
---@field time number? seconds
---@field size integer? bytes of the response, about
---@field introspection boolean? false switches it off

--- The server's limits on a request.
---@type graphql.Limits
graphql.limits = {}

---@class graphql.Request
---@field schema graphql.Schema
---@field source string the document; parsed and validated ones are kept
---@field document table? a parsed one instead: it isn't validated
---@field variables table?
---@field operation_name string?
---@field root any
---@field context table? what resolvers get as ctx; the executor puts ctx.loader into it
---@field limits graphql.Limits? none when left out
---@field clock (fun(): number)? seconds, for limits.time; os.clock when left out

--- Data keeps the order of the query (json.shape); null is nil in objects, json.null in lists.
---@class graphql.Response
---@field data table?
---@field errors { message: string, locations: table[]?, path: any[]?, extensions: table? }[]?

--- Executes a query or mutation.
---@param request graphql.Request
---@return graphql.Response
function graphql.execute(request) end

---@class graphql.Stream
---@field source graphql.Source
---@field closed boolean?
local Stream = {}

--- The response to one event.
---@param payload any
---@return graphql.Response
function Stream:event(payload) end

--- The response to the next event of a source that is a function; nil at its end.
---@return graphql.Response|nil
function Stream:next() end

--- Ends it.
function Stream:close() end

--- Starts a subscription: a stream, or a response with errors.
---@param request graphql.Request
---@return graphql.Stream|graphql.Response
function graphql.subscribe(request) end

---@param value any
---@return boolean
function graphql.is_stream(value) end

--- The same as stream:event(payload).
---@param stream graphql.Stream
---@param payload any
---@return graphql.Response
function graphql.execute_event(stream, payload) end

--- Parses a document.
---@param source string
---@param limits? { tokens: integer?, nesting: integer? }
---@return table|nil document, graphql.Error? err
function graphql.parse(source, limits) end

--- A document, or a part of one, as text.
---@param node table
---@return string
function graphql.print(node) end

--- The errors of a document; none when it is valid.
---@param schema graphql.Schema
---@param document table
---@param opts? { introspection: boolean }
---@return graphql.Error[]
function graphql.validate(schema, document, opts) end

--- Fetches values together that many fields ask for one by one. A request's own: ctx.loader(name,
--- batch).
---@class graphql.Loader
local Loader = {}

--- The value of a key, or a promise of it to return from a resolver.
---@param key any
---@return any
function Loader:load(key) end

--- The values of several keys.
---@param keys any[]
---@return any[]
function Loader:load_many(keys) end

--- Makes a key's value known.
---@param key any
---@param value any
function Loader:prime(key, value) end

--- Forgets a key.
---@param key any
function Loader:clear(key) end

--- The result of load before the value is there.
---@class graphql.Promise
local Promise = {}

--- A promise of what fn makes of the value.
---@param fn fun(value: any): any
---@return graphql.Promise
function Promise:map(fn) end

--- The context of a resolver. batch gets the keys, and gives their values in the same order; a
--- graphql.error in it is the error of that key.
---@class graphql.Context
---@field loader fun(name: string, batch: fun(keys: any[]): any[]): graphql.Loader

return graphql
