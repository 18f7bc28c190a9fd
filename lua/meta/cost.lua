---@meta lunette.cost
-- What programs cost over time: the sampler's settings (lunette.sampler) and the history of map
-- values that scripts choose (lunette.history). The samples themselves are bpf.sampler().
-- A test holds this file against the modules.

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

--- What is wrong with settings, in words; nil when nothing is.
---@param settings lunette.SamplerSettings
---@return string|nil
function sampler.check(settings) end

--- Sets the sampler of the whole process; what is nil stays. Raises on what is wrong.
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

--- What counting adds to each run of a program, in seconds; nil before it was measured, and where
--- somebody else has the kernel count all the time.
---@return number|nil
function sampler.counting_cost() end

--- Measures that, unless it is done.
function sampler.measure() end

---@class lunette.history
local history = {}

--- Declares that a map's values are kept, by a service of its own: the largest entries' values
--- under "name/key", by the map's decoder. What is not there is waited for.
---@param rule lunette.HistoryRule
---@return table rule
function history.map(rule) end

--- Reads a rule's map once and keeps what it finds.
---@param rule table what history.map made
---@param into? bpf.Sampler where to keep it; the process' own
---@return integer count
function history.sample(rule, into) end

--- What was kept under a name, oldest first; of more than `points` the last of each stretch.
---@param name string "calls/bash"
---@param opts? { seconds?: number, from?: number, to?: number, points?: integer }
---@return { time: number, value: number }[]
function history.read(name, opts) end

--- The names under which something is kept.
---@param prefix? string
---@return string[]
function history.names(prefix) end
