-- The house rules for Lua: no globals, no shadowing surprises, 100 columns.
std = "lua54"
max_line_length = 100
exclude_files = { "**/node_modules", "build*" }
-- Declarations of the C API for the language server: parameters there are documentation.
files["lua/meta"] = { ignore = { "212", "211", "241", "111", "112", "113" } }
files["tests/lua"] = { std = "+busted" }
-- Parts that tests/c/allocations.c runs with globals of its own.
files["tests/c/support"] = { ignore = { "111", "113", "211", "411", "421", "431" } }
