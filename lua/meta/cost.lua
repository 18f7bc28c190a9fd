---@meta lunette.cost
-- The cost of programs over time: the sampler's settings (lunette.sampler) and the history of map
-- values that scripts choose (lunette.history). The samples themselves are bpf.sampler(). A test
-- holds this file against the modules.

---@class lunette.sampler
local sampler = {}

---@class lunette.SamplerSettings
---@field mode? "watch"|"always"|"window"|"off" watch: while someone looks (the default); window:
---always, but the kernel counts only in a part of each interval
---@field interval? number seconds between samples, 0.01 to 3600; 1 by default
---@field window? number seconds of each interval; a tenth of it by default

--- How the sampler is set; all three fields.
---@return lunette.SamplerSettings
function sampler.settings() end

--- The first error in the settings, as a sentence; nil for valid settings.
---@param settings lunette.SamplerSettings
---@return string|nil
function sampler.check(settings) end

--- Sets the sampler of the whole process; nil fields stay as they are. Raises on a wrong value.
--- GraphQL's setSampler and `lunette sampler set` do the same.
---@param settings lunette.SamplerSettings
function sampler.set(settings) end

--- Are these still the settings?
---@param before lunette.SamplerSettings
---@return boolean
function sampler.same(before) end

--- Says that someone looks: in the mode watch the sampler runs for a while, or so many seconds.
---@param seconds? number
function sampler.want(seconds) end

--- Does someone look?
---@return boolean
function sampler.wanted() end

--- The time that counting adds to each run of a program, in seconds; nil before it was measured,
--- and where another process keeps the kernel's statistics on.
---@return number|nil
function sampler.counting_cost() end

--- Measures that, unless it is done.
function sampler.measure() end

---@class lunette.history
local history = {}

--- Keeps a map's values, by a service of its own: the values of the largest entries under
--- "name/key", by the map's decoder. The service waits for a map that is not there yet.
---@param rule lunette.HistoryRule
---@return table rule
function history.map(rule) end

--- Reads a rule's map once and keeps its values.
---@param rule table what history.map made
---@param into? bpf.Sampler where to keep it; the process' own
---@return integer count
function history.sample(rule, into) end

--- The values kept under a name, oldest first; of more than `points` the last of each stretch.
---@param name string "calls/bash"
---@param opts? { seconds?: number, from?: number, to?: number, points?: integer }
---@return { time: number, value: number }[]
function history.read(name, opts) end

--- The names under which something is kept.
---@param prefix? string
---@return string[]
function history.names(prefix) end
