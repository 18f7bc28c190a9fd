-- Which files --script names.

local scripts = { serving = {} } -- serving: the paths that this server was started with

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function listing(dir)
  local files = {}
  local pipe = assert(io.popen(("ls -1 %s 2>/dev/null"):format(quote(dir .. "/"))))
  for name in pipe:lines() do
    if name:match("%.lua$") then files[#files + 1] = dir .. "/" .. name end
  end
  pipe:close()
  return files
end

-- Whether it is one; nil when there is nothing.
local function is_folder(path)
  local file = io.open(path)
  if not file then return nil end
  local _, _, errno = file:read(0)
  file:close()
  return errno == 21 -- EISDIR
end

--- The files of a --script argument: itself, or the *.lua of a folder in order.
---@param path string
---@return string[]|nil files, string? err
function scripts.files(path)
  path = #path > 1 and path:gsub("/+$", "") or path
  local folder = is_folder(path)
  if folder == nil then return nil, path .. ": no such script" end
  if not folder then return { path } end
  local files = listing(path)
  if #files == 0 then return nil, path .. ": no *.lua in this folder" end
  return files
end

return scripts
