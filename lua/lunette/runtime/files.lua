-- Writing files whole. A regular file is replaced at once and keeps its owner and mode, a symbolic
-- link stays; a device, a FIFO or the like is written in place; a signal leaves nothing behind.

local core = require("lunette.core.file_out")

local files = {}

--- A file for new content, which comes into its place with file:commit(); closed before, it changes
--- nothing. Methods: write(text), commit(), close(); each gives true, or nil and why not.
---@param path string
---@param opts? { regular_only: boolean } refuse a device, a FIFO and the like
---@return table|nil file, string? err
function files.open(path, opts) return core.open(path, opts and opts.regular_only or false) end

--- Writes a text.
---@param path string
---@param text string
---@param opts? { regular_only: boolean }
---@return boolean|nil ok, string? err
function files.write(path, text, opts)
  local opened, err = files.open(path, opts)
  if not opened then return nil, err end
  local file <close> = opened
  local ok
  ok, err = file:write(text)
  if ok then ok, err = file:commit() end
  return ok, err and ("%s: %s"):format(path, err)
end

return files
