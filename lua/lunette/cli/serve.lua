-- lunette serve: the explorer, GraphQL, metrics and scripts over HTTP.

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local output = require("lunette.cli.output")

local serve = {}

local function repeatable(command, names, help, argname)
  return command:option(names, help):argname(argname):count("*"):init({})
end

function serve.configure(command)
  repeatable(command, "--listen",
    "Listen here: ADDR:PORT, [IPV6]:PORT or unix:PATH (127.0.0.1:8070; port 0: any that is free). "
    .. "May be repeated.", "ADDR:PORT")
  repeatable(command, "--script", "Load a script, or all of a folder (may be repeated).",
    "FILE|DIR")
  repeatable(command, "--etm --entries-to-metrics",
    "Export the entries of maps as metrics, in dev-agent's spelling (may be repeated).",
    "IDS:NAME_REGEXP:FORMAT")
  command:option("--token-file", "Read the token from a file."):argname("FILE")
  command:option("--tokens", "Read users, their roles (read, write, eval) and their tokens' hashes "
    .. "from a file; 'lunette token' makes its lines."):argname("FILE")
  command:option("--tls-cert", "Speak TLS with this certificate (PEM, with its chain).")
    :argname("FILE")
  command:option("--tls-key", "The certificate's private key, where its own file lacks it.")
    :argname("FILE")
  command:option("--tls-client-ca", "Serve only clients with a certificate by an authority of this "
    .. "file."):argname("FILE")
  command:flag("--allow-write", "Allow writes for clients that send the token.")
  command:flag("--allow-eval", "Allow Lua code from clients that send the token.")
  command:flag("--no-auth", "Serve reads to any client, without a token.")
  command:flag("--keep-capabilities", "Keep the capabilities that only scripts need.")
  repeatable(command, "--allow-host", "Answer requests whose Host header has this name.", "NAME")
  repeatable(command, "--allow-origin", "Answer requests of web pages from this origin, by CORS "
    .. "(https://explorer.example:3000).", "ORIGIN")
  command:option("--sampler", "Sample the cost of programs: watch (while a client looks), always, "
    .. "off, or window (always, but counting in a part of each interval). INTERVAL and WINDOW are "
    .. "seconds."):argname("MODE[:INTERVAL[:WINDOW]]")
  repeatable(command, "--tool", "Run a tool while the server runs (lunette tool lists them; may be "
    .. "repeated).", "NAME[:PARAM=VALUE,...]")
  repeatable(command, "--bpftrace", "Run a bpftrace script while the server runs, and export its "
    .. "maps as metrics (may be repeated).", "FILE")
  repeatable(command, "--peers", "Ask these hosts, too, which run lunette serve: dns:NAME:PORT, "
    .. "srv:NAME, file:TARGETS.json and http://HOST/PATH (Prometheus' file_sd and http_sd), or "
    .. "addresses with commas (may be repeated).", "SOURCE")
  command:option("--peer-tokens", "Read the token for peers from a file: a line is TOKEN, or MATCH "
    .. "TOKEN for some of them."):argname("FILE")
  command:option("--peer-ca", "Trust peers whose certificate an authority of this file signed.")
    :argname("FILE")
  command:option("--peer-cert", "Show this certificate to peers (PEM)."):argname("FILE")
  command:option("--peer-key", "The certificate's private key, where its own file lacks it.")
    :argname("FILE")
  command:flag("--no-reload", "Do not reload scripts when their files change.")
  command:option("--vms", "Run N VMs for requests (one per CPU, 2 to 8)."):convert(args.count)
  command:option("--max-connections", "Accept at most N connections at once "
    .. "(256)."):convert(args.count)
  command:option("--max-body", "Accept request bodies of at most N bytes "
    .. "(8388608)."):convert(args.count)
  command:option("--max-memory", "Limit each VM to N MiB of memory (256)."):convert(args.count)
  command:option("--max-seconds", "Limit each request to N seconds (10)."):convert(args.seconds)
  command:option("--max-queue", "Let at most N requests wait for a VM (128)."):convert(args.count)
end

local function is_port(text)
  local port = math.tointeger(tonumber(text))
  return port and port >= 0 and port <= 65535
end

local function fail(text, why) exit.fail(exit.USAGE, "--listen %s: %s", text, why) end

local function unix_socket(text)
  local path = text:sub(6)
  if path:sub(1, 1) ~= "/" then fail(text, "a path that begins with '/' is needed") end
  if #path > 100 or path:find("[:,]") then
    fail(text, "the path has at most 100 bytes, without ':' and ','")
  end
  return text, true
end

-- Accepts "8070", ":8070" and "localhost:8070", too.
local function address(text)
  if text:sub(1, 5) == "unix:" then return unix_socket(text) end
  local host, port = text:match("^(.*):(%d+)$")
  if not host then host, port = "", text end
  if not is_port(port) then fail(text, "an address and a port are needed") end
  if host == "localhost" then host = "127.0.0.1" end
  if host == "" then host = text:sub(1, 1) == ":" and "0.0.0.0" or "127.0.0.1" end
  local v6 = host:match("^%[([%x:.]+)%]$")
  if not v6 and not host:match("^%d+%.%d+%.%d+%.%d+$") then
    fail(text, "an IPv4 address, an IPv6 address in brackets or unix:PATH is needed")
  end
  return host .. ":" .. port, v6 == "::1" or host:match("^127%.") ~= nil
end

-- Browsers send an origin as SCHEME://HOST[:PORT]; any other form would never match.
local function check_origins(origins)
  for _, origin in ipairs(origins) do
    if not origin:match("^https?://[%w%.%-]+:?%d*$") and
      not origin:match("^https?://%[[%x:.]+%]:?%d*$") then
      exit.fail(exit.USAGE, "--allow-origin %s: an origin is SCHEME://HOST or SCHEME://HOST:PORT, "
        .. "such as https://explorer.example; there is no form for all pages", origin)
    end
  end
end

local function addresses(given)
  local list, is_local = {}, true
  for i, text in ipairs(#given > 0 and given or { "127.0.0.1:8070" }) do
    local loopback
    list[i], loopback = address(text)
    is_local = is_local and loopback
  end
  return list, is_local
end

-- The token: as given, or a new one when writing needs one. A new token is printed on stderr, not
-- in the log.
local function token_of(given)
  local token = args.token(given.token_file)
  if token then return token end
  if not (given.allow_write or given.allow_eval) then return nil end
  token = require("lunette.cli.token").new()
  output.note("the token for writing is " .. token)
  return token
end

-- Sets the sampler's options, which belong to the process, before the VMs start.
local function set_sampler(text)
  if not text then return end
  local samples = require("lunette.sampler")
  local settings, words = {}, {}
  for word in (text .. ":"):gmatch("([^:]*):") do words[#words + 1] = word end
  settings.mode = words[1]
  settings.interval = words[2] and (tonumber(words[2]) or words[2])
  settings.window = words[3] and (tonumber(words[3]) or words[3])
  local err = #words > 3 and "MODE[:INTERVAL[:WINDOW]] is needed" or samples.check(settings)
  if err then exit.fail(exit.USAGE, "--sampler %s: %s", text, err) end
  samples.set(settings)
end

-- Notes which tools shall run; the service that runs them starts with the server.
local function want_tools(list)
  local control = require("lunette.tool.control")
  for _, text in ipairs(list) do
    local name, values = control.parse(text)
    if not name then exit.fail(exit.USAGE, "--tool %s: %s", text, values) end
    control.want(name, values)
  end
end

-- Notes where the peers are listed; the service that reads the lists starts with the server.
local function want_peers(given)
  if #given.peers == 0 then return end
  local shared = require("lunette.runtime.shared")
  for _, text in ipairs(given.peers) do
    local ok, err = require("lunette.hosts.sources").of(text)
    if not ok then exit.fail(exit.USAGE, "--peers: %s", err) end
  end
  if given.peer_tokens then
    local ok, err = require("lunette.hosts.tokens").read(given.peer_tokens)
    if not ok then exit.fail(exit.USAGE, "--peer-tokens: %s", err) end
  end
  shared.set("hosts.settings", { tokens = given.peer_tokens, ca = given.peer_ca,
    cert = given.peer_cert, key = given.peer_key })
  shared.set("hosts.peers", given.peers)
end

-- An empty folder is allowed: scripts added later are loaded then.
local function check_scripts(paths)
  for _, path in ipairs(paths) do
    local files, err = require("lunette.runtime.scripts").files(path)
    if not files then exit.fail(exit.MISSING, "%s", err) end
    if #files == 0 then output.note(require("lunette.cli.scripts").none(path) .. " yet") end
  end
end

local function check_tls(given)
  if (given.tls_key or given.tls_client_ca) and not given.tls_cert then
    exit.fail(exit.USAGE, "--tls-key and --tls-client-ca need --tls-cert FILE")
  end
  local key = given.tls_key or given.tls_cert
  local mode = key and require("lunette.core.files").mode(key)
  if mode and mode & 7 ~= 0 then
    exit.fail(exit.USAGE, "%s: every user can read or write this private key (mode %03o): "
      .. "chmod 600 %s", key, mode, key)
  end
end

local function check(given)
  check_tls(given)
  check_origins(given.allow_origin)
  check_scripts(given.script)
  if given.max_connections and given.max_connections < 4 then
    exit.fail(exit.USAGE, "--max-connections: 4 at least")
  end
end

-- What --bpftrace starts and writes; closing ends and removes it, however the command ends.
local function new_scripts()
  return setmetatable({}, { __close = function(started)
    for _, script in ipairs(started) do script:close() end
    if started.rules then os.remove(started.rules) end
  end })
end

-- Starts the bpftrace scripts; the rules for their maps become one more script of the server.
local function run_bpftrace(given, started)
  local source = {}
  local bpftrace = require("lunette.tool.bpftrace")
  for _, file in ipairs(given.bpftrace) do
    local script = exit.check(bpftrace.start { file })
    started[#started + 1] = script
    local maps = script:wait()
    if not script:runs() then exit.fail(exit.FAILED, "--bpftrace %s: bpftrace ended", file) end
    local rules, refused = bpftrace.rules(maps, require("lunette.metrics.rule_text").write)
    for _, why in ipairs(refused) do output.note(("--bpftrace %s: %s"):format(file, why)) end
    if #maps == 0 then output.note(("--bpftrace %s: it has no maps"):format(file)) end
    source[#source + 1] = rules
  end
  if #source == 0 then return end
  started.rules = os.tmpname()
  local f <close> = assert(io.open(started.rules, "w"))
  f:write(table.concat(source, "\n"))
  given.script[#given.script + 1] = started.rules
end

-- Warns about missing privileges but serves: answers then name the fields that can't be read.
local function warn_of_privileges()
  if require("bpf").host().capabilities.sys_admin then return end
  output.note("CAP_SYS_ADMIN is missing: the kernel shows Lunette no BPF objects (try sudo)")
end

function serve.run(given)
  check(given)
  set_sampler(given.sampler)
  want_tools(given.tool)
  want_peers(given)
  local listen, is_local = addresses(given.listen)
  local token = token_of(given)
  if not is_local and not token and not given.tokens and not given.no_auth then
    exit.fail(exit.USAGE,
      "listening beyond this machine needs --token-file FILE, --tokens FILE, or --no-auth to read "
      .. "without a token")
  end
  warn_of_privileges()
  local started <close> = new_scripts()
  run_bpftrace(given, started)
  local ok, err = require("lunette.core.server").serve({
    listen = listen, hosts = given.allow_host, origins = given.allow_origin,
    watch = not given.no_reload, token = token, version = require("lunette").version,
    allow_write = given.allow_write, allow_eval = given.allow_eval, no_auth = given.no_auth,
    tokens = given.tokens,
    tls_cert = given.tls_cert, tls_key = given.tls_key, tls_client_ca = given.tls_client_ca,
    keep_capabilities = given.keep_capabilities,
    workers = given.vms, connections = given.max_connections, body_limit = given.max_body,
    memory = given.max_memory and given.max_memory << 20, seconds = given.max_seconds,
    queue = given.max_queue,
  }, { scripts = given.script, etm = given.etm })
  if not ok then exit.fail(exit.FAILED, "%s", err) end
end

return serve
