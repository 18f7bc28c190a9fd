-- httpobserver on small Go programs with known requests: with symbols, and stripped.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local support = require("tests.lua.support.tool")
local tools = require("lunette").tools

local PORT <const> = 18093

describe("httpobserver", function()
  local folder, have_go

  setup(function()
    have_go = fixture.since(5, 15) and fixture.try("command -v go >/dev/null")
    if not have_go then return end
    folder = os.tmpname()
    os.remove(folder)
    local build = "cd examples/http_mesh && HOME=%s CGO_ENABLED=0 go build %s -o %s/%s ."
    fixture.run("mkdir %s && cp -r ${XDG_CACHE_HOME:-$HOME/.cache}/go-build %s 2>/dev/null; true",
      folder, folder)
    fixture.run(build, os.getenv("HOME") or folder, "", folder, "mesh")
    fixture.run(build, os.getenv("HOME") or folder, "-ldflags='-s -w'", folder, "stripped")
  end)

  teardown(function()
    if folder then fixture.run("rm -rf %s", folder) end
  end)

  local function needs_go()
    if not have_go then pending("there is no Go (apt-get install golang-go)") end
  end

  -- Runs a server and a client, each of a file of its own; the client waits for the server.
  local function load(server, client, path, count)
    return ("%s/%s serve 127.0.0.1:%d 2>/dev/null & server=$!; for i in $(seq 100); do "
      .. "curl -s -o /dev/null http://127.0.0.1:%d/hello && break; sleep 0.05; done; "
      .. "%s/%s get 'http://127.0.0.1:%d%s' %d; kill $server"):format(folder, server, PORT, PORT,
      folder, client, PORT, path, count)
  end

  for _, name in ipairs { "mesh", "stripped" } do
    it("shows what a server answers, and how long it took: " .. name, function()
      needs_go()
      local path = folder .. "/" .. name
      local rows = support.rows_of("httpobserver", { path = path, side = "server" },
        load(name, name, "/slow?q=1", 5), function(row) return row.path == "/slow" end)
      assert.equal(5, #rows)
      for _, row in ipairs(rows) do
        assert.same({ "server", "GET", 202, 10000, name,
          ("127.0.0.1:%d/slow?q=1"):format(PORT) },
          { row.side, row.method, row.status, row.length, row.comm, row.url })
        assert.is_true(row.latency_ms >= 20) -- what the handler waits
      end
    end)

    it("shows the container where it is asked for: " .. name, function()
      needs_go()
      local columns = {}
      local running <close> = assert(tools.open(tools.find("httpobserver"),
        { path = folder .. "/" .. name, container = true }))
      for _, column in ipairs(running.columns) do columns[column.name] = true end
      assert.is_true(columns.container)
    end)

    it("shows what a client asks, failures too: " .. name, function()
      needs_go()
      local path = folder .. "/" .. name
      local rows = support.rows_of("httpobserver", { path = path, side = "client" },
        load(name, name, "/nowhere", 3), function(row) return row.path == "/nowhere" end)
      assert.equal(3, #rows)
      assert.same({ 404, ("http://127.0.0.1:%d/nowhere"):format(PORT) },
        { rows[1].status, rows[1].url })
      local failed = support.rows_of("httpobserver", { path = path },
        ("%s get http://127.0.0.1:1/x 2 2>/dev/null"):format(path), function() return true end)
      assert.equal(2, #failed)
      assert.is_nil(failed[1].status)
    end)
  end

  it("finds functions of a stripped file where the symbols had them", function()
    needs_go()
    for _, name in ipairs { "net/http.serverHandler.ServeHTTP", "net/http.*RoundTrip", "main.*" } do
      local function places(file)
        local list = {}
        for _, one in ipairs(assert(bpf.elf_functions(folder .. "/" .. file, name))) do
          list[#list + 1] = one.name
        end
        table.sort(list)
        return list
      end
      assert.same(places("mesh"), places("stripped"))
    end
  end)

  it("refuses what is no Go program", function()
    local none, err = tools.open(tools.find("httpobserver"), { path = "/bin/true" })
    assert.is_nil(none)
    assert.matches("/bin/true", err)
  end)
end)
