#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/api/next.sh: the drafts in docs/design/next compile against the headers of today, by gcc and by clang; each is within
# its number of lines. A change of the public headers that leaves no room for what comes next is seen here first.
cd "$(dirname "$0")/../.." || exit 2
export LC_ALL=C
flags="-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -Iinclude -Idocs/design/next"
failed=0

# said NAME status [text]
said() {
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		printf 'not ok %s\n%s\n' "$1" "$3"
		failed=1
	fi
}

for file in docs/design/next/next.h docs/design/next/*.c; do
	name=$(basename "$file")
	for compiler in gcc clang; do
		# shellcheck disable=SC2086
		message=$($compiler $flags -x c "$file" 2>&1)
		said "$name $compiler" $? "$message"
	done
	case $name in *.h) most=200 ;; *) most=99 ;; esac
	lines=$(wc -l <"$file")
	[ "$lines" -le "$most" ]
	said "$name length" $? "$lines lines, more than $most"
done
exit $failed
