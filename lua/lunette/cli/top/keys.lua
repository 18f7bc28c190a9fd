-- Names of keys from the byte sequences that a terminal sends.

local keys = {}

local NAMES = {
  ["\27[A"] = "up", ["\27[B"] = "down", ["\27[C"] = "right", ["\27[D"] = "left",
  ["\27OA"] = "up", ["\27OB"] = "down", ["\27OC"] = "right", ["\27OD"] = "left",
  ["\27[5~"] = "pageup", ["\27[6~"] = "pagedown", ["\27[H"] = "home", ["\27[F"] = "end",
  ["\27OH"] = "home", ["\27OF"] = "end", ["\27[1~"] = "home", ["\27[4~"] = "end",
  ["\27"] = "escape", ["\r"] = "enter", ["\n"] = "enter", ["\127"] = "backspace",
  ["\8"] = "backspace", ["\t"] = "tab", ["\3"] = "quit", ["\12"] = "redraw",
}

--- The keys in the bytes, in order: names, or the character itself.
---@param bytes string
---@return string[]
function keys.parse(bytes)
  local list, at = {}, 1
  while at <= #bytes do
    local sequence = bytes:match("^\27[%[O][%d;]*[%a~]", at) or bytes:match("^\27", at)
      or bytes:match("^" .. utf8.charpattern, at) or bytes:sub(at, at)
    list[#list + 1] = NAMES[sequence] or (#sequence > 1 and sequence:sub(1, 1) == "\27" and "")
      or sequence
    at = at + #sequence
  end
  return list
end

return keys
