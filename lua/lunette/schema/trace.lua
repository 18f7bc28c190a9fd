-- Output of programs: bpf_printk lines.

local trace = {}

trace.sdl = [[
extend type Subscription {
  "What programs write with bpf_printk, as it comes. The kernel gives each line to one reader only."
  traceLog(
    "Only lines that contain this text."
    search: String
  ): [TraceLine!]!
}

"A line of the kernel's trace log."
type TraceLine {
  "When, in seconds by the trace clock (about the time since boot)."
  time: Float
  "The command that ran."
  task: String
  "Its process."
  pid: Int
  "The CPU."
  cpu: Int
  "The event that wrote it, such as bpf_trace_printk."
  event: String
  "The text of the line."
  text: String!
}
]]

local function matching(lines, search)
  if not search then return lines end
  local found = {}
  for _, line in ipairs(lines) do
    if line.text:find(search, 1, true) then found[#found + 1] = line end
  end
  return found
end

-- The service "tracelog" reads while its topic has subscribers.
local function subscribe(_, args)
  return {
    topic = "traceLog",
    map = function(lines) return matching(lines, args.search) end,
  }
end

trace.resolvers = {
  Subscription = {
    traceLog = { subscribe = subscribe, resolve = function(lines) return lines end },
  },
}

return trace
