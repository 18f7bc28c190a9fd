#!/bin/sh
# No line of the explorer's sources is longer than 100 columns; style sheets have a rule a line.
n=0
for file in $(git ls-files 'web/src/*.ts' 'web/src/*.tsx' 'web/src/*.graphql' 'web/tools/*' \
	'web/graphiql/*.js' 'web/static/*.js'); do
	[ -f "$file" ] || continue
	n=$((n + 1))
	if long=$(LC_ALL=C.UTF-8 grep -nE '.{101}' "$file"); then
		echo "not ok $n - $file"
		echo "$long" | cut -c1-80 | sed 's/^/# line /'
	else echo "ok $n - $file"
	fi
done
echo "1..$n"
