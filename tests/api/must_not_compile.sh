#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/api/must_not_compile.sh: the right program compiles, and each mistake in must_not_compile.c is rejected for its reason.
# The table: number | what | gcc must say | clang must say ("-": clang does not catch it; a CWE number: gcc -fanalyzer does).
table() {
	cat <<'LIST'
1|a message not in the receiver's protocol|has no member named 'PRINT'|no member named 'PRINT'
2|the wrong type for a field|makes integer from pointer|incompatible pointer to integer
3|a field that the struct does not have|has no member named 'amount'|does not refer to any field
4|a bare reference for a typed one|has no member named 'ADD'|no member named 'ref'
5|ignoring a status|ignoring return value|ignoring return value
6|one protocol for another|incompatible types|incompatible type
7|comparing references as numbers|invalid operands|invalid operands
8|using a moved payload|[CWE-476]|-
9|moving a payload of another type|distinct pointer types|distinct pointer types
10|using a moved payload, status not looked at|[CWE-476]|-
11|sharing a payload of another type|distinct pointer types|distinct pointer types
12|writing to a frozen payload|read-only|read-only
13|forgetting a new payload|ignoring return value|ignoring return value
14|replying with the wrong reply type|has no member named 'TEXT'|no member named 'TEXT'
15|the right kind of reply, another struct|incompatible types|incompatible type
16|an answer into the wrong struct|distinct pointer types|distinct pointer types
17|asking with a message that has no reply|has no member named 'reply'|no member named 'reply'
18|the same with a continuation|has no member named 'reply'|no member named 'reply'
19|expecting an answer that the question does not have|has no member named 'TEXT'|no member named 'TEXT'
20|changing a message that others may read|read-only|const-qualified
21|a status for a verdict|enum-conversion|-
22|saying why it failed, without failing|ignoring return value|ignoring return value
23|a table of kinds with a stranger|has no member named 'PRINT'|no member named 'PRINT'
24|a handler of another shape|incompatible-pointer-types|incompatible-function-pointer-types
25|the union for the reference in it|incompatible-pointer-types|incompatible-pointer-types
26|one handle for another|incompatible type|incompatible type
LIST
}

cd "$(dirname "$0")" || exit 2
export LC_ALL=C
flags="-std=c11 -Wall -Wextra -Wpedantic -Werror -I../../include"
file=must_not_compile.c
failed=0

# said "LINE" ok|FAIL
said() {
	printf '%-4s %s\n' "$2" "$1"
	[ "$2" = ok ] || failed=1
}

# rejected TEXT compiler...: it fails and its message contains TEXT
rejected() {
	text=$1
	shift
	message=$("$@" 2>&1) && { echo "FAIL (accepted)"; return; }
	case $message in
	*"$text"*) echo ok ;;
	*) printf 'FAIL, for another reason:\n%s\n' "$message" ;;
	esac
}

for compiler in "gcc" "gcc -O2 -fanalyzer" "clang"; do
	# shellcheck disable=SC2086
	if message=$($compiler $flags -c -o /dev/null $file 2>&1); then
		said "$compiler: no mistake" ok
	else
		said "$compiler: no mistake: $message" FAIL
	fi
done

while IFS='|' read -r number what gcc_says clang_says; do
	analyzer=
	case $gcc_says in *CWE*) analyzer="-O2 -fanalyzer" ;; esac
	# shellcheck disable=SC2086
	said "$number gcc: $what" "$(rejected "$gcc_says" gcc $flags $analyzer -DMISTAKE=$number -c -o /dev/null $file)"
	[ "$clang_says" = - ] ||
		said "$number clang: $what" "$(rejected "$clang_says" clang $flags -DMISTAKE=$number -c -o /dev/null $file)"
done <<LIST
$(table)
LIST

# A mistake that the table forgot would never be tried.
written=$(sed -n 's/.*MISTAKE == \([0-9]*\).*/\1/p' $file | sort -n | uniq | tr '\n' ' ')
listed=$(table | cut -d'|' -f1 | sort -n | tr '\n' ' ')
if [ "$written" = "$listed" ]; then
	said "every mistake is in the table" ok
else
	said "mistakes $written, table $listed" FAIL
fi
exit $failed
