-- Programs of which another one replaces (freplace) or traces a function.

local bpf = require("bpf")
local kernel = require("lunette.schema.kernel")

local extension = {}

extension.sdl = [[
extend type Program {
  "The program of which it replaces or traces a function, by each of its links."
  extends: [Extension!]!
  "The programs that replace or trace one of its functions."
  extendedBy: [Extension!]!
}

"A function of a program that another program replaces or traces."
type Extension {
  "freplace, or the way of tracing: fentry, fexit, modify_return."
  kind: String!
  "The program that replaces or traces."
  program: Program!
  "The program whose function it is."
  target: Program!
  "The function; null without BTF."
  function: String
  "The link that does it."
  link: Link!
}
]]

local KINDS = {
  trace_fentry = "fentry", trace_fexit = "fexit", modify_return = "modify_return",
}

local function function_name(target, number)
  if (target.btf_id or 0) == 0 or (number or 0) == 0 then return nil end
  local found = bpf.btf_names(target.btf_id, { number })
  return found and found[1]
end

-- A link's target is a program where the program that it holds was made for another's BTF;
-- a freplace program forgets it once it is attached, and can have no other target.
local function traces_program(k, prog)
  if prog.type == "ext" then return true end
  local object = prog.attach_btf_obj_id or 0
  local info = object ~= 0 and k:find("btf", object)
  return info and not info.kernel
end

local function of_link(k, link)
  local prog = k:find("prog", link.prog_id)
  if not prog or (link.target_obj_id or 0) == 0 or not traces_program(k, prog) then return nil end
  local target = k:object("prog", link.target_obj_id)
  return {
    kind = prog.type == "ext" and "freplace" or KINDS[link.attach_type] or link.attach_type,
    program = prog, target = target, link = link,
    ["function"] = function_name(target, link.target_btf_id),
  }
end

local function index(k, name, field)
  return k:index(name, function(add)
    for _, link in ipairs(k:list("link")) do
      local row = link.type == "tracing" and of_link(k, link)
      if row then add(row[field].id, row) end
    end
  end)
end

extension.resolvers = {
  Program = {
    extends = function(prog, _, ctx)
      return index(kernel.of(ctx), "extends", "program")[prog.id] or {}
    end,
    extendedBy = function(prog, _, ctx)
      return index(kernel.of(ctx), "extended by", "target")[prog.id] or {}
    end,
  },
}

return extension
