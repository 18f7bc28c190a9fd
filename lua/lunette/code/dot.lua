-- A program's control-flow graph as DOT, for Graphviz: a cluster a function, a record a block.

local escape = require("lunette.runtime.escape")

local dot = {}

-- Escapes a text for a record's label.
local function label(text) return (escape.terminal(text):gsub('[\\"{}<>|]', "\\%0")) end

-- The text of a block: one left-aligned line per instruction.
local function block_label(block, insns)
  local lines = {}
  for _, insn in ipairs(insns) do
    if insn.index >= block.first and insn.index <= block.last then
      lines[#lines + 1] = label(("%d: %s"):format(insn.index, insn.text)) .. "\\l"
    end
  end
  return table.concat(lines)
end

local STYLE = { next = "solid", jump = "bold", exit = "dashed" }

local function add_function(out, n, func, insns)
  local function line(text, ...) out[#out + 1] = text:format(...) end
  line('  subgraph "cluster_%d" {', n)
  line('    label="%s";', label(func.name))
  for i, block in ipairs(func.blocks) do
    out[#out + 1] = ('    f%d_b%d [label="{%s}"];'):format(n, i, block_label(block, insns))
  end
  line('    f%d_exit [shape=plaintext,label="exit"];', n)
  for _, edge in ipairs(func.edges) do
    local to = edge.to and ("b" .. edge.to) or "exit"
    line("    f%d_b%d -> f%d_%s [style=%s];", n, edge.from, n, to, STYLE[edge.kind])
  end
  line("  }")
end

--- The graph of all functions of a program.
---@param cfg table what bpf.cfg gave
---@param code table what bpf.xlated gave for the same program
---@return string
function dot.graph(cfg, code)
  local out = { 'digraph "program" {', "  node [shape=record,fontname=monospace];" }
  for n, func in ipairs(cfg) do add_function(out, n, func, code.insns) end
  out[#out + 1] = "}\n"
  return table.concat(out, "\n")
end

return dot
