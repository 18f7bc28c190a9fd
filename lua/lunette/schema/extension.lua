-- Programs attached to another program: they replace (freplace) or trace one of its functions.

local bpf = require("bpf")
local kernel = require("lunette.schema.kernel")
local links = require("lunette.attach.links")

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
  "The link that attaches it."
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

local function of_link(k, link)
  local prog = k:find("prog", link.prog_id)
  local function is_kernel_btf(id)
    local info = k:find("btf", id)
    return info and info.kernel
  end
  if not prog or not links.is_on_program(prog, link, is_kernel_btf) then return nil end
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

--- The programs to which a program is attached, by its links.
---@param k table
---@param prog table
---@return table[]
function extension.of_program(k, prog) return index(k, "extends", "program")[prog.id] or {} end

extension.resolvers = {
  Program = {
    extends = function(prog, _, ctx) return extension.of_program(kernel.of(ctx), prog) end,
    extendedBy = function(prog, _, ctx)
      return index(kernel.of(ctx), "extended by", "target")[prog.id] or {}
    end,
  },
}

return extension
