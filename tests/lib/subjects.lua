-- Which tests test a source file: those that carry its name, and those that this table gives by
-- the beginning of its path (the longest counts). `make test ONLY=src/bpf/read/cursor.c` runs them.

local subjects = {}

-- Parts of the names of test files, as tests/run.lua takes them.
local TESTS = {
  ["src/main.c"] = "cli/commands",
  ["src/bind/bpf"] = "lua/bpf/meta_spec c/allocations",
  ["src/bind/bpf_attach"] = "lua/bpf/attach_spec",
  ["src/bind/bpf_btf"] = "lua/decode/btf_spec cli/btf",
  ["src/bind/bpf_code"] = "lua/bpf/code_spec",
  ["src/bind/bpf_cursor"] = "c/cursor lua/table/pages_spec",
  ["src/bind/bpf_filter"] = "c/filter lua/table/choose_spec",
  ["src/bind/bpf_global"] = "lua/bpf/load_spec",
  ["src/bind/bpf_host"] = "lua/bpf/features_spec lua/kernels/features_spec",
  ["src/bind/bpf_inspect"] = "lua/bpf/inspect_spec cli/object",
  ["src/bind/bpf_kept"] = "http/load.test",
  ["src/bind/bpf_link"] = "lua/bpf/links_spec lua/bpf/link_types_spec",
  ["src/bind/bpf_load"] = "lua/bpf/load_spec",
  ["src/bind/bpf_map"] = "lua/bpf/map_spec lua/bpf/map_types_spec",
  ["src/bind/bpf_map_top"] = "c/map_top lua/metrics/rank_spec",
  ["src/bind/bpf_object"] = "lua/bpf/load_spec c/objects",
  ["src/bind/bpf_owner"] = "lua/bpf/owners_spec",
  ["src/bind/bpf_pin"] = "lua/bpf/pins_spec",
  ["src/bind/bpf_place"] = "lua/bpf/load_spec lua/tool/functions_spec",
  ["src/bind/bpf_plan"] = "lua/decode/plan_spec",
  ["src/bind/bpf_probe"] = "lua/bpf/features_spec",
  ["src/bind/bpf_prog"] = "lua/bpf/progs_spec",
  ["src/bind/bpf_stream"] = "c/stream http/entries",
  ["src/bind/bpf_symbol"] = "lua/bpf/symbols_spec lua/tool/functions_spec",
  ["src/bind/bpf_type"] = "lua/bpf/map_types_spec",
  ["src/bind/decode"] = "lua/decode/plan_spec",
  ["src/bind/metric"] = "lua/metrics/rules_spec lua/metrics/written_spec",
  ["src/bind/metric_regex"] = "lua/metrics/decoders_bytes_spec",
  ["src/bind/modules"] = "lua/bpf/meta_spec",
  ["src/bind/plan_column"] = "lua/decode/plan_spec",
  ["src/bind/readiness"] = "http/guard lua/shapes/lockdown_spec",
  ["src/bpf/attach/"] = "lua/bpf/attach_spec lua/bpf/attach_kinds_spec",
  ["src/bpf/attach/cgroups"] = "lua/kernels/cgroup_spec lua/bpf/attach_spec",
  ["src/bpf/attach/net"] = "lua/bpf/net_spec c/net_tc",
  ["src/bpf/attach/owners"] = "lua/bpf/owners_spec",
  ["src/bpf/code/"] = "lua/bpf/code_spec c/disasm",
  ["src/bpf/code/elf_functions"] = "lua/tool/functions_spec lua/tool/httpobserver_spec",
  ["src/bpf/code/elf_symbol"] = "lua/bpf/symbols_spec lua/bpf/uprobe_root_spec",
  ["src/bpf/cost/prog_stream"] = "lua/bpf/run_spec",
  ["src/bpf/cost/sampler_read"] = "lua/bpf/sampler_spec",
  ["src/bpf/cost/value_history"] = "lua/bpf/history_spec",
  ["src/bpf/decode/"] = "lua/decode/plan_spec lua/decode/decoder_spec",
  ["src/bpf/decode/btf_"] = "c/btf_c lua/decode/btf_spec",
  ["src/bpf/decode/column_read"] = "lua/table/cells_spec",
  ["src/bpf/decode/entry_format"] = "lua/decode/format_spec c/stream",
  ["src/bpf/decode/entry_template"] = "c/stream lua/decode/template_spec",
  ["src/bpf/decode/ksyms"] = "lua/bpf/symbols_spec",
  ["src/bpf/decode/order"] = "lua/schema/compare_spec c/top_rows",
  ["src/bpf/decode/resolve"] = "lua/decode/build_ids_spec lua/bpf/symbols_spec",
  ["src/bpf/decode/usyms"] = "lua/bpf/symbols_spec lua/decode/build_ids_spec",
  ["src/bpf/host/"] = "lua/bpf/features_spec lua/bpf/owners_spec",
  ["src/bpf/object/attach_place"] = "lua/tool/functions_spec lua/bpf/load_spec",
  ["src/bpf/object/btf_"] = "lua/bpf/btf_verify_spec c/split_btf",
  ["src/bpf/object/core_relo"] = "lua/bpf/inspect_spec",
  ["src/bpf/object/verify"] = "lua/bpf/inspect_spec",
  ["src/bpf/object/declared"] = "lua/bpf/map_name_spec",
  ["src/bpf/object/global"] = "lua/bpf/load_spec",
  ["src/bpf/object/iter_read"] = "c/iter_read lua/bpf/owners_spec",
  ["src/bpf/object/link"] = "lua/bpf/links_spec c/links",
  ["src/bpf/object/map"] = "lua/bpf/map_spec lua/bpf/map_types_spec",
  ["src/bpf/object/object"] = "c/objects",
  ["src/bpf/object/probe"] = "lua/bpf/features_spec",
  ["src/bpf/object/prog"] = "lua/bpf/progs_spec",
  ["src/bpf/object/prog_array_close"] = "lua/bpf/prog_array_spec",
  ["src/bpf/object/type_names"] = "lua/kernels/features_spec lua/bpf/map_types_spec",
  ["src/bpf/read/"] = "c/cursor lua/bpf/map_types_spec",
  ["src/bpf/read/map_top_team"] = "c/ranges c/map_top",
  ["src/bpf/read/map_ring"] = "lua/bpf/events_spec lua/bpf/map_types_spec",
  ["src/bpf/read/team"] = "c/ranges",
  ["src/bpf/read/stream_csv"] = "c/stream http/entries",
  ["src/bpf/read/stream_team"] = "c/ranges",
  ["src/bpf/read/stream_table"] = "lua/cli/dump_table_spec",
  ["src/bpf/read/top_cursor"] = "c/map_top",
  ["src/http/"] = "http/routes http/end",
  ["src/http/answer"] = "http/routes http/entries",
  ["src/http/civetweb"] = "http/head http/listen",
  ["src/http/daemon"] = "http/end http/watch",
  ["src/http/handle"] = "http/routes http/limits",
  ["src/http/health"] = "http/guard http/stuck",
  ["src/http/notify"] = "http/service",
  ["src/http/privileges"] = "http/service",
  ["src/http/static"] = "http/compat http/cors",
  ["src/http/websocket"] = "http/frame http/sockets graphql/ws",
  ["src/metric/"] = "lua/metrics/rules_spec c/metric_groups",
  ["src/metric/expiry"] = "c/metric_history lua/metrics/series_spec",
  ["src/metric/group"] = "c/metric_groups",
  ["src/metric/hash_set"] = "metrics/large lua/metrics/stream_spec",
  ["src/metric/map_scan_text"] = "metrics/large lua/metrics/stream_spec",
  ["src/metric/page"] = "c/metric_page lua/metrics/written_spec",
  ["src/metric/scrape_share"] = "metrics/deadline metrics/page",
  ["src/metric/top_groups"] = "lua/metrics/rank_spec",
  ["src/term/"] = "cli/repl lua/cli/screen_spec",
  ["src/text/"] = "c/text",
  ["src/text/file_out"] = "lua/runtime/files_spec",
  ["src/text/monotonic"] = "c/clock lua/shapes/clock_spec",
  ["src/vm/dns"] = "lua/hosts/hosts_spec",
  ["src/vm/json_members"] = "lua/hosts/hosts_spec",
  ["src/vm/outgoing"] = "lua/hosts/hosts_spec http/hosts",
  ["lua/lunette/hosts/"] = "lua/hosts/hosts_spec http/hosts",
  ["lua/lunette/schema/hosts"] = "http/hosts",
  ["lua/lunette/services/peers"] = "http/hosts",
  ["lua/lunette/graphql/forward"] = "http/hosts",
  ["src/vm/client"] = "cli/query http/compat_live",
  ["src/vm/conn"] = "http/live http/sockets",
  ["src/vm/embedded"] = "cli/search",
  ["src/vm/file_out"] = "lua/runtime/files_spec",
  ["src/vm/json_read"] = "lua/runtime/json_spec",
  ["src/vm/modules"] = "cli/search",
  ["src/vm/pack"] = "lua/runtime/shared_spec c/topic",
  ["src/vm/push"] = "c/allocations",
  ["src/vm/request"] = "http/routes http/entries",
  ["src/vm/script_files"] = "http/watch lua/runtime/files_spec",
  ["src/vm/server_state"] = "http/scripts http/guard",
  ["src/vm/source"] = "http/entries",
  ["src/vm/supervisor"] = "c/worker http/stuck",
  ["src/vm/vm_"] = "c/vm c/budget c/stop",
  ["src/vm/vm_pattern"] = "c/vm_pattern",
  ["src/vm/worker"] = "c/worker http/memory",
  ["lua/bpf"] = "lua/bpf/meta_spec",
  ["lua/lunette/names"] = "lua/bpf/map_types_spec lua/schema/compat_spec",
  ["lua/lunette/init"] = "lua/runtime/lunette_meta_spec lua/runtime/mistakes_spec",
  ["lua/lunette/attach/"] = "lua/bpf/attach_view_spec",
  ["lua/lunette/cli/"] = "cli/commands",
  ["lua/lunette/cli/candidates"] = "cli/install",
  ["lua/lunette/cli/completion"] = "cli/install cli/commands",
  ["lua/lunette/cli/fleet"] = "cli/fleet",
  ["lua/lunette/cli/feature"] = "lua/kernels/features_spec cli/commands",
  ["lua/lunette/cli/graph"] = "lua/cli/show_spec",
  ["lua/lunette/cli/hot"] = "lua/bpf/profile_spec cli/commands",
  ["lua/lunette/cli/map/"] = "cli/map cli/dump",
  ["lua/lunette/cli/mcp/"] = "cli/mcp",
  ["lua/lunette/cli/metrics"] = "metrics/command",
  ["lua/lunette/cli/prog"] = "lua/cli/show_spec cli/commands",
  ["lua/lunette/cli/remote"] = "cli/query cli/sampler",
  ["lua/lunette/cli/repl/"] = "cli/repl",
  ["lua/lunette/cli/style"] = "lua/cli/output_spec",
  ["lua/lunette/cli/glyphs"] = "lua/cli/output_spec",
  ["lua/lunette/cli/token"] = "http/tokens",
  ["lua/lunette/cli/tool"] = "cli/tool",
  ["lua/lunette/cli/top/"] = "cli/top",
  ["lua/lunette/cli/units"] = "lua/cli/parts_spec",
  ["lua/lunette/code/"] = "lua/bpf/code_spec lua/cli/code_spec",
  ["lua/lunette/decode/"] = "lua/decode/decoder_spec",
  ["lua/lunette/decode/bpftrace"] = "lua/decode/bpftrace_spec",
  ["lua/lunette/decode/combinators"] = "lua/decode/plan_spec lua/decode/round_trip_spec",
  ["lua/lunette/decode/trial"] = "lua/schema/evaluate_spec",
  ["lua/lunette/graphql/"] = "lua/graphql/execute_spec graphql/differential",
  ["lua/lunette/graphql/build"] = "lua/graphql/schema_spec",
  ["lua/lunette/graphql/http"] = "graphql/http",
  ["lua/lunette/graphql/lexer"] = "lua/graphql/text_spec graphql/differential",
  ["lua/lunette/graphql/pars"] = "lua/graphql/text_spec graphql/differential",
  ["lua/lunette/graphql/persisted"] = "graphql/http",
  ["lua/lunette/graphql/printer"] = "lua/graphql/text_spec lua/schema/printed_spec",
  ["lua/lunette/graphql/rules/"] = "graphql/differential lua/graphql/worst_spec",
  ["lua/lunette/graphql/sha256"] = "graphql/http http/tokens",
  ["lua/lunette/graphql/ws"] = "graphql/ws",
  ["lua/lunette/http/"] = "http/routes lua/runtime/http_spec",
  ["lua/lunette/http/graphql"] = "graphql/http",
  ["lua/lunette/http/session"] = "http/live http/sockets",
  ["lua/lunette/http/worker"] = "http/routes http/scripts",
  ["lua/lunette/metrics/"] = "lua/metrics/rules_spec",
  ["lua/lunette/metrics/buckets"] = "lua/metrics/histogram_spec",
  ["lua/lunette/metrics/builtin/"] = "lua/metrics/expose_spec http/compat",
  ["lua/lunette/metrics/exemplar"] = "lua/metrics/histogram_spec",
  ["lua/lunette/metrics/fields"] = "lua/metrics/misspelt_spec lua/metrics/refused_spec",
  ["lua/lunette/metrics/pci"] = "lua/metrics/decoders_spec",
  ["lua/lunette/metrics/rule_text"] = "metrics/command",
  ["lua/lunette/metrics/schedule"] = "metrics/deadline",
  ["lua/lunette/metrics/self"] = "lua/metrics/rule_status_spec",
  ["lua/lunette/registry"] = "lua/runtime/registry_spec",
  ["lua/lunette/runtime/"] = "lua/runtime/mistakes_spec",
  ["lua/lunette/runtime/audit"] = "http/tokens",
  ["lua/lunette/runtime/console/"] = "lua/repl/complete_spec lua/repl/parse_spec",
  ["lua/lunette/runtime/float"] = "lua/runtime/json_spec",
  ["lua/lunette/runtime/load"] = "http/load.test",
  ["lua/lunette/runtime/u64"] = "lua/schema/compare_spec lua/runtime/json_spec",
  ["lua/lunette/schema/"] = "lua/schema/every_field_spec lua/schema/golden_spec",
  ["lua/lunette/schema/changes"] = "lua/schema/subscription_spec",
  ["lua/lunette/schema/guard"] = "lua/schema/mutation_spec http/tokens",
  ["lua/lunette/schema/object_"] = "lua/schema/holding_spec",
  ["lua/lunette/schema/print"] = "lua/schema/printed_spec",
  ["lua/lunette/schema/readable"] = "lua/schema/compat_spec",
  ["lua/lunette/services/"] = "lua/bpf/profile_spec lua/bpf/sampler_spec",
  ["lua/lunette/table/"] = "lua/table/pages_spec lua/schema/table_spec",
  ["lua/lunette/table/numbers"] = "lua/schema/compare_spec",
  ["lua/lunette/table/write"] = "lua/schema/mutation_spec",
  ["lua/lunette/code/verifier_log"] = "lua/bpf/inspect_spec",
  ["lua/lunette/container"] = "lua/schema/process_spec",
  ["lua/lunette/tools/files"] = "lua/tool/files_spec",
  ["lua/lunette/tools/filetop"] = "lua/tool/files_spec",
  ["lua/lunette/tools/fileslower"] = "lua/tool/files_spec",
  ["lua/lunette/tools/fsslower"] = "lua/tool/files_spec",
  ["lua/lunette/tools/ttysnoop"] = "lua/tool/files_spec",
  ["lua/lunette/tools/func"] = "lua/tool/functions_spec lua/kernels/tools_spec",
  ["lua/lunette/tools/cachestat"] = "lua/kernels/tools_spec",
  ["lua/lunette/tools/oomkill"] = "lua/kernels/tools_spec",
  ["lua/lunette/tools/httpobserver"] = "lua/tool/httpobserver_spec",
  ["lua/lunette/tool/bpftrace"] = "lua/tool/bpftrace_spec",
  ["lua/lunette/tool"] = "lua/tool/tools_spec cli/tool",
}

-- Neither "bpf_cursor" nor "cursor_prefetch": a name alone is no word of a path.
local function same_name(source, tests)
  local name = source:match("([^/]+)%.%w+$")
  if name == "init" then name = source:match("([^/]+)/init%.lua$") end
  local found = {}
  for _, test in ipairs(tests) do
    local of = test:match("([^/]+)_spec%.lua$") or test:match("([^/]+)%.test%.mjs$")
      or test:match("([^/]+)%.c$")
    if of == name then found[#found + 1] = test end
  end
  return found
end

local function listed(source, tests)
  local best
  for prefix in pairs(TESTS) do
    local begins = source:sub(1, #prefix) == prefix
    if begins and (not best or #prefix > #best) then best = prefix end
  end
  local found = {}
  for part in (best and TESTS[best] or ""):gmatch("%S+") do
    for _, test in ipairs(tests) do
      if test:find(part, 1, true) then found[#found + 1] = test end
    end
  end
  return found
end

--- The tests of a source file: of its name first.
---@param source string "src/bpf/read/cursor.c"
---@param tests string[] all files of tests
---@return string[]
function subjects.of(source, tests)
  local list, seen = {}, {}
  for _, part in ipairs { same_name(source, tests), listed(source, tests) } do
    for _, test in ipairs(part) do
      if not seen[test] then list[#list + 1] = test end
      seen[test] = true
    end
  end
  return list
end

--- The parts of the table that no file of tests answers to.
---@param tests string[]
---@return string[]
function subjects.stale(tests)
  local list = {}
  for prefix, parts in pairs(TESTS) do
    for part in parts:gmatch("%S+") do
      local there = false
      for _, test in ipairs(tests) do there = there or test:find(part, 1, true) ~= nil end
      if not there then list[#list + 1] = prefix .. ": " .. part end
    end
  end
  table.sort(list)
  return list
end

return subjects
