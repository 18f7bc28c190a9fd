---@meta
-- lunette.metrics: rules that export maps, collectors for anything else, and the page that
-- Prometheus scrapes. This file is for readers and for the language server; nothing loads it.

---The source of a number or a label:
--- * "key.comm", "value.bytes": a column of the decoder in force, by its path; "key" and "value"
---   alone where there is one column. "value.slots[3]" is an element of an array.
--- * "cpu": the CPU (a series a CPU); "" on a map that is not per CPU.
--- * "map.id", "map.name", "map.full_name", "map.type", "map.kernel_type", "program.id",
---   "program.name", "program.type", "owner.pid", "owner.comm": facts about the map. Several
---   programs or owners are joined by commas.
--- * function(key, value, info, cpu): anything, of the decoded entry. A value of nil leaves the
---   entry out. One function makes the whole rule run in Lua, entry by entry; all else runs in C.
--- * { "key.pid", "comm" }: labels only. A column, then decoders by name (metrics.decoders), each
---   with its argument if it takes one: { "key.op", { "static_map", { [1] = "read" } } }. A
---   function of the text may stand for a decoder. raw = "hex" | "string" | "number" takes the
---   whole key or value without a plan, in dev-agent's formats.
---
---docs/metrics.md lists the decoders by name, and how ebpf_exporter's YAML becomes a rule.
---@alias MetricFunction fun(key: any, value: any, info: bpf.MapInfo, cpu?: integer): any
---@alias MetricExpression string|table|MetricFunction

---How bucket numbers become upper bounds. The kinds count integers; `le` is inclusive, so the
---bucket of [4, 8) ends at 7.
---@class MetricBuckets
---@field kind "log2"|"hist"|"lhist"|"exp2"|"exp2zero"|"linear"|"fixed" log2: libbpf-tools' slots.
---hist, lhist: bpftrace's. exp2, exp2zero, linear, fixed: ebpf_exporter's, with its bounds
---@field min? integer number of the first bucket (0); lhist: the lower end
---@field max? integer number of the last bucket; lhist: the upper end
---@field step? number width of a bucket: lhist, linear
---@field bounds? number[] fixed: the upper bounds
---@field keys? number[] fixed: the upper bounds, where the map's bucket numbers are the bounds
---themselves (ebpf_exporter's bucket_keys)
---@field sum? integer the bucket number that holds the sum
---@field unit? string what the bounds are in, when it is not what the sum is in: "us". Without it
---they are converted as the sum is, by from, divide or multiply (bucket_multiplier)

---One metric of a rule.
---@class MetricFields
---@field name string completed to what Prometheus wants: _total, _info, and the unit
---@field type? "counter"|"gauge"|"histogram"|"summary"|"info"|"stateset"|"unknown" gauge
---@field help? string
---@field unit? string at the name's end, and told in OpenMetrics
---@field from? string what the numbers are in: "ns" with unit "seconds", "pages" with "bytes"
---@field divide? number instead of from: divides by this
---@field multiply? number
---@field value? MetricExpression|1 1 counts entries; the only column of the value, where it has one
---@field buckets? MetricBuckets histogram
---@field bucket? MetricExpression histogram: the bucket's number; value is its count
---@field slots? MetricExpression histogram: an array of counts. Without bucket and slots each
---entry's value is one observation
---@field sum? MetricExpression histogram: the sum, where the map holds it
---@field quantiles? number[] summary over the entries of a label set: { 0.5, 0.9, 0.99 }
---@field states? table<integer|string, string> stateset: { [1] = "read", [2] = "write" }

---@class MetricExemplar
---@field labels table<string, string> names and values are at most 128 characters together
---@field value? number in the metric's unit. Default: of a counter its value; of a histogram the
---upper bound of the greatest bucket that counted (no exemplar where only le="+Inf" did)

---A rule. Unknown fields are errors.
---@class MetricRule: MetricFields
---@field match table|string|integer|fun(info: bpf.MapInfo): boolean as a decoder's: a table of
---name, id, type, pin, program, process, key_size, value_size, all of which must hold; a string is
---a name, a number an id
---@field rule? string the rule's name in ?rule=, in the log and in lunette_rule_…: the metric's
---@field labels? table<string, MetricExpression>
---@field static? table<string, string> labels that are the same on every series
---@field metrics? MetricFields[] several metrics from one pass; then name and the like stand here
---@field decode? { key?: table|function, value?: table|function } a decoder of the rule's own
---@field cpus? "sum"|"min"|"max"|"avg"|"last"|"each" how the values of the CPUs become one; "each":
---a series for each CPU, with the label cpu (sum)
---@field aggregate? "sum"|"min"|"max"|"last" entries that have the same labels (sum)
---@field filter? table<string, string>|MetricFunction regular expressions by label, or a function
---of the entry. All expressions are libpcre2's (what is written for RE2 means the same), not
---anchored
---@field relabel? table|fun(labels: table<string, string>): table|boolean|nil in order: functions,
---and { label =, pattern =, replace = "$1" } (or drop = true, drop_others = true); by label name: a
---table from old to new. A function returns the new set of labels (a label that it lacks is
---empty), true for the labels as it left them, nil or false to drop the series. Series that become
---equal are merged
---@field skip_zero? boolean entries whose number is 0 are left out
---@field top? integer only the greatest so many
---@field by? string top goes by this one of several metrics (the first); a histogram by its count
---@field max_series? number never more (10,000). With more, a rule of one plain metric whose
---entries each are a series is streamed: read while it is written, in no memory to speak of. It
---has no _created then, its marker tells of the beginning alone (the rest is counted, for the next
---scrape), and entries that have another one's labels are left out and counted. With top, expire,
---reset or exemplar the series are gathered, as those of all other rules: at most a million
---@field expire? number seconds without a change after which a series is left out; it is back when
---it changes. Of a rule half a million series are remembered: more than that never expire
---@field reset? "hold"|"show" a counter that falls: keep what had been counted by entries that
---went (where entries are added up), or begin anew and tell so by _created (where they are not)
---@field exemplar? fun(labels: table<string, string>, value: number): MetricExemplar|nil for the
---rule's first counter or histogram, in OpenMetrics. value: the counter's, in the metric's unit; of
---a histogram how many it counted

---@class lunette.metrics
local metrics = {}

---Declares a rule. A mistake is an error here, with the line of the declaration; what only a map
---can tell is found at the scrape. docs/metrics.md lists what becomes of bad input.
---@param spec MetricRule
---@return table rule
function metrics.map(spec) end

---The function by which a collector emits samples. emit(name, value [, labels]) or emit{…};
---emit.family{…} declares name, type, help and unit beforehand. A histogram gives bounds, counts
---(one more) and sum. The same sample twice is counted as an error; the first stays. A value that
---no scraper accepts is an error too: a counter below zero, an info that is not 1, a state that is
---not 0 or 1. There are no summaries.
---@class MetricEmit
---@field family fun(spec: { name: string, type?: string, help?: string, unit?: string,
---bounds?: number[] }) bounds: the upper bounds of a histogram, finite and going up
---@overload fun(name: string, value: number|boolean, labels?: table<string, any>)
---@overload fun(sample: table)

---Declares a collector: fn(emit) is called at every scrape, after the rules that were quicker at
---the last one. It is ended at its deadline.
---@param name string|fun(emit: MetricEmit)
---@param opts? { max_series?: integer }|fun(emit: MetricEmit)
---@param fn? fun(emit: MetricEmit)
---@return table collector
function metrics.collect(name, opts, fn) end

---Switches off (or on again): a rule or a collector by its name. Built in are "programs", "maps",
---"links", "btf", "devagent", and "lunette" (its own figures).
---@param name string
---@param on boolean
function metrics.enable(name, on) end

---Adds a rule in dev-agent's spelling, ID_START-ID_END:NAME_REGEXP:KEY_FORMAT.
---@param text string
---@return boolean|nil ok, string? err
function metrics.etm(text) end

---The rule or collector of that name, or nil.
---@param name string
---@return table|nil
function metrics.find(name) end

---@class MetricStatus
---@field error? string the last error
---@field errors integer since the process began
---@field series integer
---@field duration? number seconds
---@field cut_top integer series left out by top, by max_series, by expire
---@field cut_max integer
---@field cut_expired integer
---@field cut_duplicate integer entries of a streamed rule that have another one's labels

---How a rule or collector fared at its last scrape in this process.
---@param name string
---@return MetricStatus
function metrics.status(name) end

---Runs one rule or collector against the kernel as it is, for lunette check. It is ok when not one
---entry failed.
---@param name string
---@return { name: string, ok: boolean, series: integer, samples: string[], error?: string }
function metrics.try(name) end

---The page, built. opts: names and rules are sets (of metric and of rule names), deadline is in
---seconds of the monotonic clock.
---@param opts? { names?: table, rules?: table, deadline?: number, off?: table }
---@return table page, boolean failed whether one did not give all that it could
function metrics.page(opts) end

---The page as a source, to be read in chunks.
---@param opts? { names?: table, rules?: table, deadline?: number, format?: "text"|"openmetrics" }
---@return table source
function metrics.source(opts) end

---Answers GET and HEAD /metrics: ?name[]= and ?rule= choose (of a rule that there is not,
---lunette_rule_up is 0; an unknown metric is left out), Accept says which format,
---Accept-Encoding whether gzip, X-Prometheus-Scrape-Timeout-Seconds by when.
---@param req table
---@return table response
function metrics.respond(req) end

---Seconds since the epoch, with their fractions. For durations take lunette.now().
---@return number
function metrics.now() end

---Names of the decoders that labels may be put through.
---@return string[]
function metrics.decoders() end

return metrics
