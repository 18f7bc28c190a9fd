#!/bin/sh
# No warning from gcc; clang's are errors in the sanitizers' build.
build=${LUNETTE_BUILD:-build}
# civetweb's header lies where the build found it.
civetweb=$(grep -o "[^ ]*/civetweb[^ ]*/include" "$build/compile_commands.json" | head -1)
flags="${civetweb:+-isystem $civetweb} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes
-Wmissing-prototypes -Wvla -Werror -fsyntax-only -Isrc -isystem $build
$(pkg-config --cflags lua5.4 libbpf capstone libedit libdw libcap-ng)"
n=0
for file in $(find src tests/c -name "*.c" | sort); do
	# BPF programs are clang's; the other is civetweb's own source with ours around it.
	case $file in *.bpf.c | src/http/civetweb_build.c) continue ;; esac
	n=$((n + 1))
	if out=$(gcc $flags "$file" 2>&1); then echo "ok $n - gcc $file"
	else echo "not ok $n - gcc $file"; echo "$out" | head -20 | sed 's/^/# /'; fi
done
echo "1..$n"
