// SPDX-License-Identifier: MIT
// bench WORKLOAD [--n N] [--k K] [--threads T]: one line, peer,workload,threads,messages,seconds,rss_kb,check
// Exit status: 0 all is well, 1 the check is wrong, 2 the command line is wrong.
// An actor is a goroutine that owns one channel, its mailbox. What each workload does: bench/README.md.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const box = 64 // default mailbox capacity

type result struct {
	messages int64
	seconds  float64
	rssKB    int64 // 0: use VmHWM
	check    string
	ok       bool
}

var (
	sinArg = 37.2  // a variable, so that the compiler does not fold the sine
	sink   float64 // somewhere for the results to go
)

func compute() float64 { r := math.Sin(sinArg); return r * r }

func procKB(key string) int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return -1
	}
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, key+":") {
			f := strings.Fields(l)
			v, _ := strconv.ParseInt(f[1], 10, 64)
			return v
		}
	}
	return -1
}

func num(start time.Time, messages, check, want int64) result {
	return result{messages, time.Since(start).Seconds(), 0, strconv.FormatInt(check, 10), check == want}
}

func lcg(x uint32) uint32 { return x*1664525 + 1013904223 }

type wl struct {
	f    func(n, k int) result
	n, k int
}

var table = map[string]wl{
	"pingpong": {pingpong, 2000000, 0}, "counting": {counting, 5000000, 0}, "ring": {ring, 5000000, 100},
	"fjthrput": {fjthrput, 50000, 60}, "fjcreate": {fjcreate, 400000, 0}, "fib": {fib, 25, 0},
	"chameneos": {chameneos, 1000000, 100}, "big": {big, 20000, 120}, "mailbox": {mailbox, 200000, 20},
	"skynet": {skynet, 1000000, 0}, "idle": {idle, 1000000, 0},
	"banking": {banking, 500000, 1000}, "philosopher": {philosopher, 20000, 20}, "nqueens": {nqueens, 12, 20},
	"bndbuffer": {bndbuffer, 2000, 40}, "radixsort": {radixsort, 100000, 60}, "filterbank": {filterbank, 1000000, 8},
	"latency": {latency, 200000, 1000},
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: bench WORKLOAD [--n N] [--k K] [--threads T]")
		os.Exit(2)
	}
	w, ok := table[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "unknown workload", os.Args[1])
		os.Exit(2)
	}
	threads := 2
	for i := 2; i < len(os.Args); i += 2 {
		v, err := 0, error(nil)
		if i+1 < len(os.Args) {
			v, err = strconv.Atoi(os.Args[i+1])
		}
		if err != nil || v < 1 {
			fmt.Fprintln(os.Stderr, "not a number above 0 after", os.Args[i])
			os.Exit(2)
		}
		switch os.Args[i] {
		case "--n":
			w.n = v
		case "--k":
			w.k = v
		case "--threads":
			threads = v
		default:
			fmt.Fprintln(os.Stderr, "unknown option", os.Args[i])
			os.Exit(2)
		}
	}
	runtime.GOMAXPROCS(threads)
	r := w.f(w.n, w.k)
	if r.rssKB == 0 {
		r.rssKB = procKB("VmHWM")
	}
	fmt.Printf("go,%s,%d,%d,%.6f,%d,%s\n", os.Args[1], threads, r.messages, r.seconds, r.rssKB, r.check)
	if !r.ok {
		os.Exit(1)
	}
}
