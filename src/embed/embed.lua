-- Writes the table of embedded files: lua5.4 embed.lua OUT.S PREFIX DIR [PREFIX DIR]...
-- Files below DIR get the name PREFIX/…, those of the prefix "lua" no prefix (they are modules).
-- The prefix "module" and a module's name in place of DIR: the pure Lua module that is installed.
-- The bytes come in by the assembler's .incbin, so that a large bundle costs no compile time.

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function add_files(files, prefix, dir)
  local find = assert(io.popen(("find %s -type f 2>/dev/null"):format(quote(dir))))
  for path in find:lines() do
    local name = path:sub(#dir + 2)
    local wanted = prefix == "lua" and (name == "bpf.lua" or name:match("^lunette/.*%.lua$"))
      or prefix == "tools" and name:match("^[^/]*%.bpf%.o$")
      or prefix ~= "lua" and prefix ~= "tools" and not name:match("^%.")
    if wanted then
      files[#files + 1] = { name = prefix == "lua" and name or prefix .. "/" .. name, path = path }
    end
  end
  find:close()
end

local function add_module(files, name)
  local path = assert(package.searchpath(name, package.path .. ";/usr/share/lua/5.1/?.lua"))
  files[#files + 1] = { name = name .. ".lua", path = path }
end

local files = {}
for i = 2, #arg, 2 do
  if arg[i] == "module" then add_module(files, arg[i + 1]) else add_files(files, arg[i], arg[i + 1]) end
end
table.sort(files, function(a, b) return a.name < b.name end)

local lines = {}
local function line(text, ...) lines[#lines + 1] = text:format(...) end

line(".section .rodata")
for i, file in ipairs(files) do
  line("lun_file_%d: .incbin %q", i, file.path)
  line("lun_file_%d_end: .byte 0", i)
  line("lun_name_%d: .asciz %q", i, file.name)
end
-- struct lun_file of embed.h: name, data, size.
line('.section .data.rel.ro.local, "aw"')
line(".balign 8")
line(".global lun_embedded, lun_embedded_count")
line("lun_embedded:")
for i in ipairs(files) do
  line(".quad lun_name_%d, lun_file_%d, lun_file_%d_end - lun_file_%d", i, i, i, i)
end
line("lun_embedded_count: .quad %d", #files)
line('.section .note.GNU-stack,"",%%progbits')

local f = assert(io.open(arg[1], "w"))
f:write(table.concat(lines, "\n"), "\n")
f:close()
