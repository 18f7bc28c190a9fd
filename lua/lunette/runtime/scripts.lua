-- Loads scripts: finds the files that --script names, and sets where their require() looks.

local core = require("lunette.core.files")
local environment = require("lunette.runtime.environment")
local registry = require("lunette.registry")

local scripts = {
  serving = {}, -- the --script paths of this server
  print = "stderr", -- where print() of scripts writes: "stdout" when the script is the program
  share = nil, -- a table that also gets all scripts' globals: the REPL's
}

local folders = {} -- folders of the scripts, in loading order

local function is_script(name) return name:match("^[^.].*%.lua$") end

local function listing(dir)
  local files = {}
  for _, name in ipairs(core.names(dir)) do
    if is_script(name) then files[#files + 1] = dir .. "/" .. name end
  end
  return files
end

--- The files of a --script argument: the file, or a folder's *.lua files, sorted (may be none).
---@param path string
---@return string[]|nil files, string? err
function scripts.files(path)
  path = #path > 1 and path:gsub("/+$", "") or path
  local kind = core.kind(path)
  if not kind then return nil, path .. ": no such script" end
  if kind ~= "folder" then return { path } end
  core.note(path)
  return listing(path)
end

-- Notes the file before loading it, so that --watch sees the change that repairs a broken file.
local function load_file(file)
  if file then core.note(file) end
  return loadfile(file, "t", environment.new(scripts.print, scripts.share))
end

-- A searcher like Lua's own: a loader and the file, or the reason why there is none.
local function search(name)
  local tried = {}
  for _, dir in ipairs(folders) do
    for _, pattern in ipairs { "/?.lua", "/?/init.lua" } do
      local file = dir .. pattern:gsub("?", (name:gsub("%.", "/")))
      if core.kind(file) == "file" then
        local loader, err = load_file(file)
        if not loader then error(err, 0) end
        return loader, file
      end
      core.note(file)
      tried[#tried + 1] = ("no file '%s'"):format(file)
    end
  end
  return table.concat(tried, "\n\t")
end

-- Adds the searcher after the embedded modules and before the installed ones.
local function add_folder(file)
  local dir = file:match("^(.*)/[^/]*$") or "."
  for _, known in ipairs(folders) do
    if known == dir then return end
  end
  if #folders == 0 then table.insert(package.searchers, 3, search) end
  folders[#folders + 1] = dir
end

--- A script's main chunk, with globals of its own. From now on require() finds modules beside it.
---@param file string|nil nil: standard input
---@return function|nil chunk, string? err
function scripts.chunk(file)
  if file then add_folder(file) end
  return load_file(file)
end

-- The folder of the calling code's file: the first on the stack that is not ours.
local function caller_folder()
  local source = registry.caller_source()
  return source and (source:match("^(.*)/[^/]*$") or ".")
end

--- The folders searched for a script's files: of the script that is being loaded or runs, of the
--- calling code, and of the scripts loaded before.
---@return string[]
function scripts.places()
  local list, seen = {}, {}
  local function add(dir)
    if dir and not seen[dir] then list[#list + 1] = dir end
    if dir then seen[dir] = true end
  end
  local script = registry.script()
  add(script and (script:match("^(.*)/[^/]*$") or "."))
  add(caller_folder())
  for _, dir in ipairs(folders) do add(dir) end
  return list
end

--- Watches Lunette's own modules when --root reads them from disk.
function scripts.watch_own()
  for name in pairs(package.loaded) do
    local file = name:match("^lunette%f[.%z]") and package.searchpath(name, package.path)
    if file then core.note(file) end
  end
end

return scripts
