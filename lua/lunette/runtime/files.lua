-- Writes whole files. A regular file is replaced atomically and keeps its owner and mode, a
-- symbolic link stays; devices and FIFOs are written in place. An interrupted write leaves no
-- temporary file.

local core = require("lunette.core.file_out")

local files = {}

--- Opens a file for new content, which file:commit() puts in place; a file closed before that
--- changes nothing. Methods: write(text), commit(), close(); each returns true, or nil and the
--- error.
---@param path string
---@param opts? { regular_only: boolean } refuse a device, a FIFO and the like
---@return table|nil file, string? err
function files.open(path, opts) return core.open(path, opts and opts.regular_only or false) end

--- Writes a text to a file.
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
