-- A program's code as a listing: functions, source lines, labels, and the names of the objects that
-- instructions use.

local escape = require("lunette.runtime.escape")

local listing = {}

local function basename(path) return path:match("[^/]*$") end

-- A source line as a comment: "; text   file:line"
local function source_line(lines, index)
  local line = lines[index]
  if not line or line.text == "" then return nil end
  local text = line.text:gsub("\t", "  "):match("^%s*(.-)%s*$")
  return ("; %s   %s:%d"):format(escape.terminal(text), escape.terminal(basename(line.file)),
    line.line)
end

-- A label for each jump target, numbered in order of address.
local function labels(insns, field)
  local targets, names = {}, {}
  for _, insn in ipairs(insns) do
    if insn.target and insn.target ~= 0 then targets[#targets + 1] = insn.target end
  end
  table.sort(targets)
  local n = 0
  for _, target in ipairs(targets) do
    if not names[target] then
      n = n + 1
      names[target] = "L" .. n
    end
  end
  local known = {}
  for _, insn in ipairs(insns) do known[insn[field]] = names[insn[field]] end
  return known
end

local function split_bytes(hex) return (hex:gsub("%x%x", "%0 "):sub(1, -2)) end

-- The comment after an instruction: names of the objects that its numbers refer to.
local function notes(insn, marks, names)
  local found = {}
  if insn.map_id and names[insn.map_id] then found[1] = "map " .. names[insn.map_id] end
  if insn.var then found[#found + 1] = insn.var end
  if insn.symbol then found[#found + 1] = insn.symbol end
  if insn.target and marks[insn.target] then found[#found + 1] = "to " .. marks[insn.target] end
  return escape.terminal(table.concat(found, ", "))
end

local function add_insns(out, insns, lines, style, field)
  local marks = labels(insns, field)
  local shown
  for _, insn in ipairs(insns) do
    if marks[insn[field]] then out[#out + 1] = marks[insn[field]] .. ":" end
    local line = style.source and source_line(lines, insn.line)
    if line and line ~= shown then out[#out + 1] = line end
    shown = line or shown
    local text = ("%6s: %s"):format(style.number(insn), insn.text)
    local note = notes(insn, marks, style.maps or {})
    if note ~= "" then text = ("%-52s ; %s"):format(text, note) end
    out[#out + 1] = text
    if style.bytes then out[#out + 1] = "        " .. split_bytes(insn.bytes) end
  end
end

local function insns_of(func, insns)
  local own = {}
  for _, insn in ipairs(insns) do
    if insn.index >= func.start and insn.index < func.start + func.count then
      own[#own + 1] = insn
    end
  end
  return own
end

local function heading(out, func, size)
  if #out > 0 then out[#out + 1] = "" end
  local name = func.name ~= "" and escape.terminal(func.name) or "(no name)"
  out[#out + 1] = ("%s: %s"):format(name, size)
end

--- Translated instructions.
---@param code table what bpf.xlated gave
---@param style { bytes?: boolean, source?: boolean, maps?: table<integer, string> }
---@return string
function listing.xlated(code, style)
  local out = {}
  style.number = function(insn) return ("%d"):format(insn.index) end
  for _, func in ipairs(code.functions) do
    local insns = insns_of(func, code.insns)
    heading(out, func, ("%d instructions"):format(#insns))
    add_insns(out, insns, code.lines, style, "index")
  end
  return table.concat(out, "\n") .. "\n"
end

-- Unknown instructions are printed as bytes; on arm64 these are mostly atomics.
local function unknown_words(code)
  local n = 0
  for _, func in ipairs(code.functions) do
    for _, insn in ipairs(func.insns) do
      if insn.text:find("^%.byte") then n = n + 1 end
    end
  end
  if n == 0 then return nil end
  local newer = code.arch == "aarch64" and code.library:find("^capstone [1-4]%.")
    and "; capstone 5 knows the atomics of arm64 (LSE)" or ""
  return ("%d instructions are shown as bytes: %s does not know them%s"):format(n, code.library,
    newer)
end

--- Native code.
---@param code table what bpf.jited gave
---@param style { bytes?: boolean, source?: boolean }
---@return string
function listing.native(code, style)
  local out = {}
  style.number = function(insn) return ("%x"):format(insn.offset) end
  for _, func in ipairs(code.functions) do
    heading(out, func, ("%d bytes of %s at %s"):format(func.size, code.arch, func.address))
    add_insns(out, func.insns, code.lines, style, "offset")
  end
  local unknown = unknown_words(code)
  if unknown then
    out[#out + 1] = ""
    out[#out + 1] = unknown
  end
  return table.concat(out, "\n") .. "\n"
end

return listing
