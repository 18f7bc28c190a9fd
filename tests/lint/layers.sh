#!/bin/sh
# Arrows go one way: main -> http -> bind -> bpf -> text. lua.h stops at bind, civetweb.h at http.
n=0
none() { # none NAME FILES-DIR PATTERN
	n=$((n + 1))
	if out=$(grep -rnE "$3" $2); then echo "not ok $n - $1"; echo "$out" | sed 's/^/# /'
	else echo "ok $n - $1"; fi
}
none "src/text includes no other layer" src/text '#include "(bpf|bind|http|embed|probes)/'
none "src/bpf includes neither bind nor http" src/bpf '#include "(bind|http)/'
none "src/bind does not include http" src/bind '#include "http/'
none "Lua's headers stop at src/bind" "src/text src/bpf src/embed src/http" '#include <(lua|lauxlib|lualib)'
none "civetweb.h stops at src/http" "src/text src/bpf src/embed src/bind src/main.c" 'civetweb\.h'
none "src/text knows nothing of BPF" src/text '#include <(bpf|linux/bpf)'
echo "1..$n"
