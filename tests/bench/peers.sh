#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/bench/peers.sh: bench/peers/compare with peers that are shell scripts: medians, ratios, turns, what is missing, wrong,
# slow or fails, bad command lines, JSON, and the block in a README. Nothing is measured.
set -u
cd "$(dirname "$0")/../.." || exit 2
compare=bench/peers/compare
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
failed=0

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $2"; sed 's/^/# /' "$tmp/stdout" "$tmp/stderr"; failed=1; }

# holds NAME command...: it succeeds
holds() {
	name=$1
	shift
	if "$@" >/dev/null 2>&1; then ok "$name"; else not_ok "$name" "not so: $*"; fi
}
not() { ! "$@"; }

# fake NAME seconds...: a program whose runs take these seconds in turn, for 1000 messages; it writes its name to the log
fake() {
	name=$1
	shift
	cat >"$tmp/$name" <<-EOF
		#!/bin/sh
		workload=\$1 n=\$3 threads=\$5
		echo $name >>"$tmp/log"
		echo x >>"$tmp/$name.\$workload.\$threads"
		set -- $*
		shift \$(((\$(wc -l <"$tmp/$name.\$workload.\$threads") - 1) % \$#))
		check=\$n
		[ \$workload = fjthrput ] && check=60
		echo "$name,\$workload,\$threads,1000,\$1,2048,\$check"
	EOF
	chmod +x "$tmp/$name"
}

# script NAME: a program with the text of stdin
script() { { echo '#!/bin/sh'; cat; } >"$tmp/$1" && chmod +x "$tmp/$1"; }

# run STATUS arguments...: compare exits so
run() {
	wanted=$1
	shift
	rm -rf "$tmp/out" "$tmp/log" "$tmp"/*.*.[0-9]
	timeout 60 "$compare" --troupe "$tmp/troupe" --out "$tmp/out" --quick "$@" >"$tmp/stdout" 2>"$tmp/stderr"
	status=$?
	[ $status -eq "$wanted" ]
}

# says NAME EXPRESSION: it is true of r, the results, c(peer), a cell of pingpong with one worker, and row, the first ratio
says() {
	if python3 - "$tmp/out/results.json" "$2" <<-EOF 2>>"$tmp/stderr"
		import json, sys
		r = json.load(open(sys.argv[1]))
		c = lambda peer: [x for x in r["cells"] if (x["peer"], x["workload"], x["threads"]) == (peer, "pingpong", 1)][0]
		near = lambda a, b: abs(a / b - 1) < 1e-6
		row = r["rows"][0] if r["rows"] else None
		sys.exit(not eval("(" + sys.argv[2] + ")"))
	EOF
	then ok "$1"; else not_ok "$1" "$2"; fi
}

# tells NAME WORDS FILE: they stand there
tells() { if grep -qF -- "$2" "$3"; then ok "$1"; else not_ok "$1" "no '$2' in $(basename "$3")"; fi; }

# ends STATUS NAME arguments...
ends() {
	wanted=$1 name=$2
	shift 2
	if run "$wanted" "$@"; then ok "$name"; else not_ok "$name" "exit status $status, not $wanted"; fi
}

fake troupe 0.1 0.4 0.2
fake quick 0.5
fake slow 1.0
one="--workloads pingpong --threads 1"

ends 0 "two peers" --peer quick="$tmp/quick" --peer slow="$tmp/slow" --runs 3 --threads 1,2 --workloads pingpong,fjthrput
says "median, least and most of the runs" 'near(c("troupe")["median_per_second"], 5000) and
	near(c("troupe")["least_per_second"], 2500) and near(c("troupe")["most_per_second"], 10000)'
says "the fastest peer" 'row["fastest_peer"] == "quick"'
says "ratio of the medians, its spread over the rounds" 'near(row["ratio"], 2.5) and near(row["ratio_least"], 1.25) and
	near(row["ratio_most"], 5)'
says "geometric mean against each peer" '
	[near(m["geometric_mean"], x) for m, x in zip(r["means"], [2.5, 2.5, 5])] == [True] * 3'
says "two workers against one" 'all(near(s["ratio"], 1) for s in r["scaling"]) and len(r["scaling"]) == 6'
says "peak memory" 'c("slow")["rss_kb"] == 2048'
says "date, machine, command" 'r["date"] and r["machine"]["cores"] >= 1 and r["machine"]["cpu"] and
	r["command"].startswith("make bench-peers")'
turns="troupe quick slow troupe quick slow quick slow troupe quick slow troupe slow troupe quick slow troupe quick"
holds "in turn" [ "$(head -18 "$tmp/log" | tr '\n' ' ')" = "$turns " ]
tells "CSV" "pingpong,1,troupe,ok,3,1000,5000,2500,10000,2048,20000," "$tmp/out/results.csv"
tells "CSV of the runs" "pingpong,1,2,troupe,1000,0.400000,2048,20000" "$tmp/out/runs.csv"
tells "a table" "2.50 (1.25..5.00)" "$tmp/out/results.md"
tells "the table on stdout" "2.50 (1.25..5.00)" "$tmp/stdout"
holds "plain lines in a pipe" not grep -q "$(printf '\r')" "$tmp/stdout" "$tmp/stderr"
if command -v gnuplot >/dev/null; then
	for chart in ratios.svg ratios.png memory.svg scaling.svg; do holds "chart $chart" [ -s "$tmp/out/$chart" ]; done
	holds "gnuplot is content" not grep -qi -e warning -e "chart " "$tmp/stdout" "$tmp/stderr"
fi

# The geometric mean is not the mean: 2.5 and 10.
script uneven <<EOF
s=0.5; [ \$1 = counting ] && s=2.0
echo "uneven,\$1,\$5,1000,\$s,10,\$3"
EOF
ends 0 "another peer" --peer uneven="$tmp/uneven" --workloads pingpong,counting --threads 1 --runs 3
says "geometric mean of two workloads" 'near(r["means"][0]["geometric_mean"], 5) and near(r["means"][0]["least"], 2.5)'

ends 0 "a peer is missing" $one --peer quick="$tmp/quick" --peer gone="$tmp/gone"
says "who is missing is named" 'r["skipped"][0]["name"] == "gone" and all(x["peer"] != "gone" for x in r["cells"])'
tells "and skipped with a word" "gone: skipped: not there" "$tmp/stdout"
ends 3 "nobody is there" $one --peer gone="$tmp/gone"
tells "what would install them is said" "tools/install-deps peers" "$tmp/stdout"

# A machine with python and little else: packages are named, charts are not drawn.
mkdir "$tmp/bin"
for tool in env sh cat wc sed grep rm timeout basename; do ln -s "$(command -v $tool)" "$tmp/bin/$tool"; done
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$tmp/bin/python3" # and not a script that chooses one
path=$PATH
PATH=$tmp/bin
ends 3 "nothing is installed" $one --peers erlang,go
tells "packages are named" "not installed (Debian: erlang-base)" "$tmp/stdout"
ends 0 "no gnuplot" $one --peer quick="$tmp/quick"
PATH=$path
tells "no charts, and why" "gnuplot is not installed" "$tmp/stdout"
holds "tables all the same" [ -s "$tmp/out/results.md" ]
holds "and no chart" [ ! -e "$tmp/out/ratios.svg" ]

script liar <<EOF
echo "liar,\$1,\$5,1000,0.001,10,7"; exit 1
EOF
script modest_liar <<EOF
echo "modest_liar,\$1,\$5,1000,0.001,10,7"
EOF
ends 1 "a wrong check" $one --peer quick="$tmp/quick" --peer liar="$tmp/liar" --peer modest_liar="$tmp/modest_liar"
says "is wrong, not timed" 'all(c(p)["state"] == "wrong" and "median_per_second" not in c(p) for p in ("liar", "modest_liar"))'
says "and not the fastest" 'row["fastest_peer"] == "quick"'
tells "and told of" "its check is 7, not 20000" "$tmp/stdout"

script sleeper <<EOF
echo \$\$ >"$tmp/pid"; sleep 1000 & wait
EOF
ends 0 "a peer takes too long" $one --peer quick="$tmp/quick" --peer sleeper="$tmp/sleeper" --timeout 4 --runs 2
says "it is run once" 'c("sleeper")["state"] == "timeout" and c("sleeper")["runs"] == 0 and c("quick")["state"] == "ok"'
holds "and is killed" not kill -0 "$(cat "$tmp/pid")"

# Interrupted in the second workload, by a program that is asked to end compare: what the first one gave is kept.
script ender <<EOF
[ \$1 = pingpong ] || { kill -TERM \$PPID; sleep 1000; }
echo "ender,\$1,\$5,1000,1.0,10,\$3"
EOF
ends 130 "interrupted" --workloads pingpong,counting --threads 1 --runs 3 --peer quick="$tmp/quick" --peer ender="$tmp/ender"
says "what there was is kept" 'r["interrupted"] and c("quick")["runs"] == 3 and near(row["ratio"], 2.5)'

cp "$tmp/troupe" "$tmp/kept" && cp "$tmp/sleeper" "$tmp/troupe"
ends 1 "troupe-bench takes too long" $one --peer quick="$tmp/quick" --timeout 0.5
mv "$tmp/kept" "$tmp/troupe"

script talker <<EOF
echo "hello"; echo "world"
EOF
script other <<EOF
echo "other,ring,\$5,1000,0.1,10,\$3"
EOF
script timeless <<EOF
echo "timeless,\$1,\$5,1000,0,10,\$3"
EOF
script crash <<EOF
kill -SEGV \$\$
EOF
script without <<EOF
echo "no such workload" >&2; exit 2
EOF
ends 1 "they fail" $one --peer talker="$tmp/talker" --peer other="$tmp/other" --peer timeless="$tmp/timeless" \
	--peer crash="$tmp/crash" --peer without="$tmp/without"
says "each in its way" '[c(p)["state"] for p in ("talker", "other", "timeless", "crash")] == ["failed"] * 4 and
	c("without")["state"] == "absent"'
says "why" '"SIGSEGV" in c("crash")["why"] and "no such workload" in c("without")["why"]'
ends 0 "a workload that a peer does not have" $one --peer quick="$tmp/quick" --peer without="$tmp/without"

script percentiles <<EOF
check=\$3; [ \$1 = latency ] && check=1.0/2.0/3.0/4.5
echo "troupe,\$1,\$5,1000,0.1,10,\$check"
EOF
cp "$tmp/troupe" "$tmp/kept" && cp "$tmp/percentiles" "$tmp/troupe"
ends 0 "latency" --workloads latency --threads 2 --peer percentiles="$tmp/percentiles"
says "its percentiles, and no ratio" 'r["latency"][0]["p99"] == 2 and r["latency"][0]["worst"] == 4.5 and r["rows"] == []'
mv "$tmp/kept" "$tmp/troupe"

ends 0 "--json" $one --peer quick="$tmp/quick" --json --csv "$tmp/copy.csv"
holds "stdout is JSON" python3 -m json.tool "$tmp/stdout" "$tmp/parsed"
holds "stdout is that JSON alone" cmp -s "$tmp/stdout" "$tmp/out/results.json"
holds "--csv" cmp -s "$tmp/copy.csv" "$tmp/out/results.csv"

printf 'before\n<!-- bench-peers: begin -->\nold\n<!-- bench-peers: end -->\nafter\n' >"$tmp/README.md"
ends 0 "--update-readme" $one --peer quick="$tmp/quick" --runs 3 --update-readme --readme "$tmp/README.md"
ends 0 "--update-readme again" $one --peer quick="$tmp/quick" --runs 3 --update-readme --readme "$tmp/README.md"
tells "the block is new" "2.50 (1.25..5.00)" "$tmp/README.md"
holds "the rest is left" [ "$(grep -c -e before -e after -e bench-peers: "$tmp/README.md")" -eq 4 ]
holds "the old is gone" not grep -q old "$tmp/README.md"
echo "no marks" >"$tmp/plain.md"
ends 1 "--update-readme without marks" $one --peer quick="$tmp/quick" --update-readme --readme "$tmp/plain.md"
holds "nothing is changed" [ "$(cat "$tmp/plain.md")" = "no marks" ]

refuses() {
	if run 2 "$@" && [ ! -s "$tmp/stdout" ] && [ -s "$tmp/stderr" ]; then
		ok "refuses: $*"
	else
		not_ok "refuses: $*" "exit status $status"
	fi
}
mute() { # NAME COMMAND: with nobody to print to all is measured and written, and the exit status is 1
	rm -rf "$tmp/out"
	timeout 60 sh -c "$2" -- "$compare" --troupe "$tmp/troupe" --out "$tmp/out" --quick $one --peer quick="$tmp/quick" 2>"$tmp/stderr"
	: >"$tmp/stdout"
	if [ "$(cat "$tmp/status")" -eq 1 ] && python3 -m json.tool "$tmp/out/results.json" "$tmp/parsed" 2>>"$tmp/stderr" &&
	   ! grep -q Traceback "$tmp/stderr"; then ok "$1"; else not_ok "$1" "exit status $(cat "$tmp/status")"; fi
}
mute "a full disk" "\"\$@\" >/dev/full; echo \$? >$tmp/status"
mute "a closed stdout" "\"\$@\" >&-; echo \$? >$tmp/status"
mute "a closed pipe" "{ \"\$@\"; echo \$? >$tmp/status; } | :"
mute "JSON to a closed stdout" "\"\$@\" --json >&-; echo \$? >$tmp/status"
mute "JSON to a full disk" "\"\$@\" --json >/dev/full; echo \$? >$tmp/status"

refuses --peer quick="$tmp/quick" --peer quick="$tmp/slow"
refuses $one --peer quick="$tmp/quick" --csv "$tmp/gone/file"
refuses $one --peer quick="$tmp/quick" --csv ""
refuses $one --peer quick="$tmp/quick" --update-readme --readme "$tmp/gone.md"
refuses $one --peer quick="$tmp/quick" --out ""
refuses $one --peer quick="$tmp/quick" --out "$tmp/quick"
refuses $one --peer quick="$tmp/quick" --out /proc/out
holds "and nothing was made" [ ! -e "$tmp/gone.md" ]
refuses --runs 1e9
refuses --runs 99999999999999999999
refuses --runs 0
refuses --runs many
refuses --threads 0
refuses --threads 1,x
refuses --threads ""
refuses --workloads pingpong,nosuch
refuses --workloads ""
refuses --peers fortran
refuses --peer quick
refuses --peer troupe=/bin/true
refuses --peer go=/bin/true
refuses --timeout 0
refuses --timeout nan
refuses --what
refuses word
refuses --troupe "$tmp/gone" --peer quick="$tmp/quick"

exit $failed
