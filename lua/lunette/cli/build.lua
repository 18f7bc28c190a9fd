-- lunette build: compiles a BPF program with clang, and a vmlinux.h of the running kernel.

local args = require("lunette.cli.args")
local bpf = require("bpf")
local exit = require("lunette.cli.exit")
local output = require("lunette.cli.output")

local build = {}

local TARGETS = { x86_64 = "x86", aarch64 = "arm64", riscv64 = "riscv", s390x = "s390",
  ppc64le = "powerpc" }

-- Functions and variables of the kernel are declared in a program's own words.
local DECLARED = { func = true, var = true, datasec = true, func_proto = true, decl_tag = true }

local HEAD = [[
#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wduplicate-decl-specifier"
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
]]
local TAIL = [[
#pragma clang attribute pop
#pragma clang diagnostic pop
#endif
]]

function build.configure(command)
  command:argument("file", "The source: NAME.bpf.c.")
  command:option("-o --output", "Write the object here (NAME.bpf.o beside the source).")
    :argname("FILE")
  command:option("-I", "Look for headers in this folder, too (may be repeated)."):argname("DIR")
    :count("*"):target("include")
  command:option("-D", "Define a macro (may be repeated)."):argname("NAME[=VALUE]")
    :count("*"):target("define")
  command:option("--btf", "Make vmlinux.h of this BTF file instead of the running kernel's.")
    :argname("FILE")
  args.json(command)
end

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Writes vmlinux.h into a folder.
local function write_header(folder, from)
  local btf <close>, err = bpf.btf(from or "vmlinux")
  if not btf then exit.fail(exit.code_of(err), "%s", err) end
  local ids = {}
  for id = 1, btf:count() - 1 do
    if not DECLARED[btf:type(id).kind] then ids[#ids + 1] = id end
  end
  local f <close> = assert(io.open(folder .. "/vmlinux.h", "w"))
  f:write(HEAD, exit.check(btf:c(ids)), TAIL)
end

-- The last line of a program's output; the folder is ours alone.
local function new_folder()
  local pipe = assert(io.popen("mktemp -d"))
  local path = pipe:read("l")
  pipe:close()
  if not path then exit.fail(exit.FAILED, "build: no folder for vmlinux.h can be made") end
  return setmetatable({ path = path }, {
    __close = function() os.execute("rm -rf " .. quoted(path)) end })
end

local function command_line(given, folder, out)
  local target = TARGETS[bpf.host().machine]
  local words = { "clang", "-g", "-O2", "-target", "bpf", "-Wall", "-Wno-unused-function",
    "-I" .. folder, "-I/usr/include/" .. bpf.host().machine .. "-linux-gnu" }
  if target then words[#words + 1] = "-D__TARGET_ARCH_" .. target end
  for _, dir in ipairs(given.include) do words[#words + 1] = "-I" .. dir end
  for _, macro in ipairs(given.define) do words[#words + 1] = "-D" .. macro end
  for _, word in ipairs { "-c", given.file, "-o", out } do words[#words + 1] = word end
  for i, word in ipairs(words) do words[i] = quoted(word) end
  return table.concat(words, " ")
end

function build.run(given)
  local f <close>, err = io.open(given.file)
  if not f then exit.fail(exit.MISSING, "%s", err) end
  if not os.execute("command -v clang >/dev/null") then
    exit.fail(exit.MISSING, "build: there is no clang (apt-get install clang)")
  end
  local out = given.output or given.file:gsub("%.c$", "") .. ".o"
  local folder <close> = new_folder()
  write_header(folder.path, given.btf)
  io.stdout:flush()
  if not os.execute(command_line(given, folder.path, out)) then return exit.FAILED end
  local found = exit.check(bpf.inspect(out))
  if given.json then return output.json { object = out, programs = found.programs } end
  local function many(n, noun) return ("%d %s%s"):format(n, noun, n == 1 and "" or "s") end
  output.line(("%s: %s, %s"):format(out, many(#found.programs, "program"),
    many(#found.maps, "map")))
end

return build
