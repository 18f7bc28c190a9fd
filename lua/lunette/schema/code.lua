-- The code of programs: translated instructions, native code, control flow.

local bpf = require("bpf")
local dot = require("lunette.code.dot")
local kernel = require("lunette.schema.kernel")

local code = {}

code.sdl = [[
extend type Program {
  "Its functions; null, with an error, where the kernel does not show its code."
  functions: [CodeFunction!]
  "Its translated instructions."
  instructions: [Instruction!]
  "Its native code, function by function; null without a just-in-time compiler."
  native("The notation." syntax: AssemblerSyntax = ATT): [NativeFunction!]
  "Its control-flow graph, function by function."
  cfg: [CfgFunction!]
}

"The notations of assembler."
enum AssemblerSyntax {
  "As GNU tools do: source before destination."
  ATT
  "As Intel's manuals do: destination before source."
  INTEL
}

"A function of a program."
type CodeFunction {
  "The name; empty where it is unknown."
  name: String!
  "Index of its first instruction."
  start: Int!
  "Slots of its instructions."
  count: Int!
}

"A line of source, as BTF keeps it."
type SourceLine {
  "The file."
  file: String!
  "The line's number."
  line: Int!
  "The column."
  column: Int!
  "The text."
  text: String!
}

"A translated BPF instruction."
type Instruction {
  "Its index; a wide instruction takes two."
  index: Int!
  "Its bytes in hex."
  bytes: String!
  "The instruction in the verifier's notation."
  text: String!
  "Index of the instruction that it jumps to, or of the function that it names."
  target: Int
  "The helper or kernel function that it calls."
  call: String
  "The map that it names."
  map: Map
  "The global variable that it names."
  variable: String
  "The source line that it was compiled from."
  source: SourceLine
}

"The native code of a function."
type NativeFunction {
  "The function's name; empty where it is unknown."
  name: String!
  "Its address, in hex."
  address: String!
  "Its size in bytes."
  size: Int!
  "Its instructions."
  instructions: [NativeInstruction!]!
}

"A native instruction."
type NativeInstruction {
  "Bytes from the function's start."
  offset: Int!
  "Its bytes in hex."
  bytes: String!
  "The instruction in assembler."
  text: String!
  "The target of a jump within the function, in bytes from the function's start."
  target: Int
  "The symbol outside the function that it jumps to or calls."
  symbol: String
  "The source line that it was compiled from."
  source: SourceLine
}

"The control-flow graph of a function."
type CfgFunction {
  "The function's name; empty where it is unknown."
  name: String!
  "Its basic blocks, in the program's order."
  blocks: [CfgBlock!]!
  "The edges between them."
  edges: [CfgEdge!]!
  "The graph in Graphviz's language."
  dot: String!
}

"A basic block: instructions that run one after the other."
type CfgBlock {
  "Index of its first instruction."
  first: Int!
  "Index of its last instruction."
  last: Int!
}

"An edge between two blocks."
type CfgEdge {
  "The block where the edge begins: its place in blocks, from 0."
  from: Int!
  "The block where the edge ends; null: it leaves the function."
  to: Int
  "next, jump or exit."
  kind: String!
}
]]

-- The result of a bpf function for a program; read once per request.
local function read(ctx, name, id, syntax)
  local k = kernel.of(ctx)
  local key = ("%s %d %s"):format(name, id, syntax)
  k.code = k.code or {}
  if not k.code[key] then
    local result, err = bpf[name](id, syntax)
    if not result then error(err, 0) end
    k.code[key] = result
  end
  return k.code[key]
end

-- Adds each instruction's line, which it names by number.
local function with_lines(insns, lines)
  for _, insn in ipairs(insns) do insn.source = lines[insn.line] end
  return insns
end

local function instructions(prog, _, ctx)
  local xlated = read(ctx, "xlated", prog.id)
  return with_lines(xlated.insns, xlated.lines)
end

local function native(prog, args, ctx)
  local jited = read(ctx, "jited", prog.id, args.syntax:lower())
  for _, func in ipairs(jited.functions) do with_lines(func.insns, jited.lines) end
  return jited.functions
end

local function as_dot(graph, _, ctx)
  return dot.graph({ graph }, read(ctx, "xlated", graph.prog_id))
end

local function cfg(prog, _, ctx)
  local graphs = read(ctx, "cfg", prog.id)
  for _, graph in ipairs(graphs) do graph.prog_id = prog.id end
  return graphs
end

code.resolvers = {
  Program = {
    functions = function(prog, _, ctx) return read(ctx, "xlated", prog.id).functions end,
    instructions = instructions,
    native = native,
    cfg = cfg,
  },
  Instruction = {
    variable = function(insn) return insn.var end,
    map = function(insn, _, ctx)
      return insn.map_id and kernel.of(ctx):object("map", insn.map_id)
    end,
  },
  NativeFunction = { instructions = function(func) return func.insns end },
  CfgFunction = { dot = as_dot },
  CfgEdge = {
    from = function(edge) return edge.from - 1 end,
    to = function(edge) return edge.to and edge.to - 1 end,
  },
}

return code
