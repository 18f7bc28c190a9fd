-- Writing whole files: which are replaced, which are written in place, and which properties stay.

local files = require("lunette.runtime.files")

local build = os.getenv("LUNETTE_BUILD") or "build"

local function output(command)
  local pipe <close> = assert(io.popen(command))
  return (pipe:read("a"):gsub("%s+$", ""))
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

describe("a file that is written whole", function()
  local dir

  before_each(function()
    dir = output("mktemp -d /tmp/lunette-files.XXXXXX")
  end)
  after_each(function() os.execute("rm -rf " .. dir) end)

  local function names() return output("ls -A " .. dir) end
  local function stat(format, name)
    return output(("stat -c '%s' %s/%s"):format(format, dir, name))
  end

  it("is made, with the mode that umask leaves", function()
    assert.is_true(files.write(dir .. "/new", "one\n"))
    assert.equal("one\n", read(dir .. "/new"))
    assert.equal(output("touch " .. dir .. "/other; stat -c %a " .. dir .. "/other"),
      stat("%a", "new"))
  end)

  it("replaces another one at once, and keeps its owner and mode", function()
    os.execute(("echo old > %s/f; chmod 640 %s/f; chown 65534:65534 %s/f 2>/dev/null")
      :format(dir, dir, dir))
    local before = { stat("%u:%g:%a", "f"), stat("%i", "f") }
    local reader <close> = assert(io.open(dir .. "/f"))
    local file <close> = assert(files.open(dir .. "/f"))
    assert.is_true(file:write(("x"):rep(100000)))
    assert.equal("old\n", read(dir .. "/f"))
    assert.equal("f", names())
    assert.is_true(file:commit())
    assert.equal(100000, #read(dir .. "/f"))
    assert.equal("old\n", reader:read("a"))
    assert.equal(before[1], stat("%u:%g:%a", "f"))
    assert.is_true(before[2] ~= stat("%i", "f"))
    assert.equal("f", names())
  end)

  it("stays as it was when it is closed before", function()
    os.execute(("echo old > %s/f"):format(dir))
    assert(files.open(dir .. "/f")):close()
    local file = assert(files.open(dir .. "/g"))
    file:write("half")
    file:close()
    assert.equal("old\n", read(dir .. "/f"))
    assert.equal("f", names())
    assert.has_error(function() file:write("more") end)
  end)

  it("leaves nothing behind when the process is killed", function()
    local script = dir .. ".lua"
    local out <close> = assert(io.open(script, "w"))
    out:write(([[local file = assert(require("lunette.runtime.files").open(%q))
      file:write(("x"):rep(100000))
      os.execute("kill -9 $PPID")
      file:commit()]]):format(dir .. "/f"))
    out:close()
    os.execute(("%s/lunette run %s >/dev/null 2>&1"):format(build, script))
    os.remove(script)
    assert.equal("", names())
  end)

  it("stays as it was on a full disk", function()
    local script = dir .. ".lua"
    local out <close> = assert(io.open(script, "w"))
    out:write(([[local files = require("lunette.runtime.files")
      local path = %q
      assert(files.write(path, "old"))
      local ok, err = files.write(path, ("x"):rep(1 << 20))
      print(ok, err, io.open(path):read("a"))]]):format(dir .. "/f"))
    out:close()
    local said = output(("unshare -m sh -c 'mount -t tmpfs -o size=64k none %s && %s/lunette run "
      .. "%s' 2>&1"):format(dir, build, script))
    os.remove(script)
    if said:find("denied") or said:find("not permitted") then return pending(said) end
    assert.equal(("nil\t%s/f: No space left on device\told"):format(dir), said)
  end)

  it("stays behind its symbolic link, and is made by one that leads nowhere", function()
    os.execute(("mkdir %s/sub; echo old > %s/sub/f; ln -s sub/f %s/link; ln -s sub/g %s/none")
      :format(dir, dir, dir, dir))
    assert.is_true(files.write(dir .. "/link", "new\n"))
    assert.is_true(files.write(dir .. "/none", "made\n"))
    assert.equal("symbolic link symbolic link", stat("%F", "link") .. " " .. stat("%F", "none"))
    assert.equal("new\n", read(dir .. "/sub/f"))
    assert.equal("made\n", read(dir .. "/sub/g"))
  end)

  it("is written in place where it is a FIFO or a device, unless only a file will do", function()
    os.execute(("mkfifo %s/fifo; cat %s/fifo > %s/got &"):format(dir, dir, dir))
    assert.is_true(files.write(dir .. "/fifo", "through\n"))
    assert.equal("fifo", stat("%F", "fifo"))
    assert.equal("through\n", output(("while ! grep -s through %s/got; do sleep 0.05; done")
      :format(dir)) .. "\n")
    if os.execute(("mknod %s/null c 1 3 2>/dev/null"):format(dir)) then
      files.write(dir .. "/null", "x") -- a file system may forbid devices
      assert.equal("character special file", stat("%F", "null"))
    end
    local ok, err = files.write(dir .. "/fifo", "x", { regular_only = true })
    assert.is_nil(ok)
    assert.equal(dir .. "/fifo: is not a regular file", err)
  end)

  it("says why it can't be written", function()
    local ok, err = files.write(dir, "x")
    assert.is_nil(ok)
    assert.equal(dir .. ": Is a directory", err)
    ok, err = files.write(dir .. "/no/f", "x")
    assert.is_nil(ok)
    assert.equal(dir .. "/no/f: No such file or directory", err)
    assert.has_error(function() files.write(dir .. "/f\0x", "x") end)
  end)
end)
