#!/bin/sh
# Every C file is as .clang-format has it, every Lua file as .luacheckrc has it.
n=0
check() { # check NAME COMMAND...
	name=$1; shift; n=$((n + 1))
	if out=$("$@" 2>&1); then echo "ok $n - $name"
	else echo "not ok $n - $name"; echo "$out" | head -40 | sed 's/^/# /'; fi
}
c_files=$(find src tests examples -path '*/node_modules' -prune -o -name '*.[ch]' -print)
check "clang-format" clang-format --dry-run -Werror $c_files
check "luacheck" luacheck -q --no-color lua examples tests
echo "1..$n"
