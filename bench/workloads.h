/* SPDX-License-Identifier: MIT */
/* The workloads of troupe-bench: one line each. NAME is bench_NAME, the bench_workload at the end of its file. */
#ifndef WORKLOADS_H
#define WORKLOADS_H

/* Those that all runtimes are compared with, numbered as in README.md. */
#define BENCH_COMPARED(X) \
	X(pingpong)       \
	X(counting)       \
	X(ring)           \
	X(fjthrput)       \
	X(fjcreate)       \
	X(fib)            \
	X(chameneos)      \
	X(big)            \
	X(mailbox)        \
	X(skynet)         \
	X(idle)           \
	X(banking)        \
	X(philosopher)    \
	X(nqueens)        \
	X(bndbuffer)      \
	X(radixsort)      \
	X(filterbank)     \
	X(latency)

/* The rest of the Savina suite, in the order of the alphabet. */
#define BENCH_SAVINA(X) \
	X(apsp)         \
	X(astar)        \
	X(barber)       \
	X(bitonicsort)  \
	X(cigsmok)      \
	X(concdict)     \
	X(concsll)      \
	X(facloc)       \
	X(firbank)      \
	X(logmap)       \
	X(nqueenk)      \
	X(piprecision)  \
	X(quicksort)    \
	X(recmatmul)    \
	X(sieve)        \
	X(sor)          \
	X(trapezoid)    \
	X(uct)

#define BENCH_WORKLOADS(X) \
	BENCH_COMPARED(X)  \
	BENCH_SAVINA(X)

#endif
