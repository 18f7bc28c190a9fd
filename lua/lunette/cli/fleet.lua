-- --host and --hosts: a command asks other hosts, which run `lunette serve`, in place of this one.

local args = require("lunette.cli.args")
local ask = require("lunette.hosts.ask")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local show = require("lunette.cli.show")
local sources = require("lunette.hosts.sources")

local fleet = {}

local SECONDS = 5

--- Adds the options.
---@param command table
---@param tls boolean? the command has --token-file, --ca, --cert and --key already
---@return table command
function fleet.configure(command, tls)
  command:option("--host", "Ask these hosts, which run lunette serve: HOST[:PORT], "
    .. "https://HOST:PORT, unix:/PATH, or several with commas."):argname("HOST,...")
  command:option("--hosts", "Ask the hosts of a list: a file or URL of Prometheus' targets, "
    .. "dns:NAME:PORT or srv:NAME."):argname("SOURCE")
  command:option("--timeout", ("Give the hosts N seconds (%d)."):format(SECONDS)):argname("N")
    :convert(args.seconds)
  if tls then return command end
  command:option("--token-file", "Read the hosts' token from a file (or $LUNETTE_TOKEN).")
    :argname("FILE")
  command:option("--ca", "Trust hosts whose certificate an authority in this file signed.")
    :argname("FILE")
  command:option("--cert", "Show this certificate to the hosts (PEM)."):argname("FILE")
  command:option("--key", "The certificate's private key, where its own file lacks it.")
    :argname("FILE")
  return command
end

--- True when other hosts are asked.
---@param given table the parsed arguments
---@return boolean
function fleet.wanted(given) return (given.host or given.hosts) ~= nil end

local function settings_of(given)
  return { token = args.token(given.token_file), ca = given.ca, cert = given.cert,
    key = given.key }
end

local function read(option, text, settings)
  local source, err = sources.of(text)
  if not source then exit.fail(exit.USAGE, "%s: %s", option, err) end
  local list
  list, err = source.read(settings)
  if not list then exit.fail(exit.code_of(err), "%s %s: %s", option, text, err) end
  return list
end

local function hosts_of(given, settings)
  local lists = {}
  if given.host then lists[1] = read("--host", given.host, settings) end
  if given.hosts then
    local text = given.hosts
    local is_path = not text:match("^%a+:") and require("lunette.core.files").kind(text) == "file"
    lists[#lists + 1] = read("--hosts", is_path and "file:" .. text or text, settings)
  end
  local list = sources.merged(lists)
  if #list == 0 then exit.fail(exit.MISSING, "the list has no hosts") end
  return list
end

--- Asks every host: rows of { host, up, error, latency, data = JSON text }, and the exit code, that
--- of a failure when a host failed. Errors are notes on stderr.
---@param given table the parsed arguments
---@param query string
---@param variables string|nil JSON
---@param operation string|nil
---@return table[] rows, integer code
function fleet.ask(given, query, variables, operation)
  local settings = settings_of(given)
  local list, rows, code = hosts_of(given, settings), {}, exit.OK
  local answers = ask.all(list, { ask.body(query, variables, operation) },
    { seconds = given.timeout or SECONDS, settings = settings })
  for i, host in ipairs(list) do
    local answer = answers[i][1]
    rows[i] = { host = host.name, up = not answer.failed, error = answer.error,
      latency = answer.latency, data = answer.data }
    if answer.error then
      output.note(("%s: %s"):format(host.name, answer.error))
      code = exit.FAILED
    end
  end
  return rows, code
end

local HOST = { title = "HOST", field = "host" }

local function with_host(columns)
  return table.move(columns, 1, #columns, 2, { HOST })
end

-- A host's clock may differ from ours: ages are by its own.
local function shift(item, fields, by)
  for _, name in ipairs(fields or {}) do
    if type(item[name]) == "number" then item[name] = item[name] + by end
  end
end

--- Prints the objects that a field of each host's answer lists, with the host.
---@param given table the parsed arguments
---@param query string
---@param variables table|nil
---@param opts { field: string, columns: table[], csv: table[], what: string, times: string[]?,
---  notes: string?, pick: (fun(item: table): any)?, order: (fun(a: table, b: table): boolean)? }
---  columns show ages by os.time(); pick chooses the objects
---@return integer code
function fleet.list(given, query, variables, opts)
  local rows, code = fleet.ask(given, query, variables and json.encode(variables))
  local items = json.array {}
  for _, row in ipairs(rows) do
    local data = row.data and json.decode(row.data) or {}
    local clock = type(data.host) == "table" and data.host.time
    for _, note in ipairs(opts.notes and data[opts.notes] or {}) do
      output.note(("%s: %s"):format(row.host, note))
    end
    for _, item in ipairs(type(data[opts.field]) == "table" and data[opts.field] or {}) do
      if type(item) == "table" and (not opts.pick or opts.pick(item)) then
        item.host = row.host
        if clock and not given.json and not given.csv then
          shift(item, opts.times, os.time() - clock)
        end
        items[#items + 1] = item
      end
    end
  end
  if opts.order then table.sort(items, opts.order) end
  show.list(given, with_host(given.csv and opts.csv or opts.columns), items, opts.what)
  return code
end

--- Prints the answers of all hosts as JSON.
---@param given table the parsed arguments
---@param query string
---@param variables string|nil JSON
---@return integer code
function fleet.query(given, query, variables)
  local rows, code = fleet.ask(given, query, variables, given.operation)
  local order = json.shape { "host", "up", "latency", "error", "data" }
  for i, row in ipairs(rows) do
    row.data = row.data and json.text(row.data)
    rows[i] = setmetatable(row, order)
  end
  output.json(json.object({ hosts = json.array(rows) }, { "hosts" }))
  return code
end

return fleet
