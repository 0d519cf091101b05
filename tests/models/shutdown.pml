/* SPDX-License-Identifier: MIT */
/* The end of a system while threads from outside still send to it. The protocol written down in actors/shutdown.c and
 * scheduler/scheduler.h, with the gate (actors/gate.c: G1 to G3), and how the scheduler knows that it is quiet (S5 in
 * scheduler/idle_set.h, troupei_scheduler_is_quiet and troupei_scheduler_notify_settled in scheduler.c).
 *
 * NP threads send NM messages each while a third one ends the system; each message makes the worker that handles it send one more.
 * NW workers take from the inject queue, from their rings, and from each other's; with APART they hand what came from outside to a
 * thread apart from them, which injects what follows (troupei_scheduler_apart_begin). A parker is a token here: what makes it one is
 * parking.pml's to show.
 *
 *   asserted  nobody touches the system after it was freed; what was accepted, and what followed from it, was handled before
 *             anything is stopped; when the system is said to be quiet nobody holds work; and the end comes to its end
 *
 * RUN inside   -DNP=2 -DNM=2 -DNW=2 -DGATE=0
 * RUN apart    -DNP=1 -DNM=1 -DNW=2 -DGATE=0 -DAPART=1
 * LONG aparts  -DNP=2 -DNM=1 -DNW=2 -DGATE=0 -DAPART=1
 * RUN gate     -DNP=1 -DNM=1 -DNW=2 -DGATE=1 -DFOLLOW=0
 * LONG gates   -DNP=2 -DNM=1 -DNW=2 -DGATE=1 -DFOLLOW=0
 *
 * BUG 1  gate    G1: looks at the system, then counts itself in
 * BUG 2  gate    G2: who closes does not wait
 * BUG 3  gate    G3: one turn of the epoch
 * BUG 4  gate    looks at the phase before it is counted
 * BUG 5  inside  S5: takes the work before it leaves the sleepers
 * BUG 6  inside  quiet: the bits are looked at once
 * BUG 7  apart   quiet: the parks are not compared
 * BUG 8  apart   a worker counts its park after its bit
 * BUG 9  inside  who waits for quiet counts itself after its look
 * BUG 10 inside  the last one that goes to sleep signals without the lock
 * BUG 11 inside  a worker tells that it sleeps before it does
 * BUG 12 inside  stop: wakes, then sets the flag
 * BUG 13 inside  a worker about to sleep does not look at the flag
 * BUG 14 inside  frees before all have been joined
 * BUG 15 gate    the phase is advanced after the gate was flushed
 * BUG 16 apart   APART.add comes before what was woken is queued
 */
#ifndef NP
#define NP 2
#endif
#ifndef NM
#define NM 2
#endif
#ifndef NW
#define NW 2
#endif
#ifndef BUG
#define BUG 0
#endif
#ifndef GATE
#define GATE 1
#endif
#ifndef APART
#define APART 0
#endif
#ifndef FOLLOW
#define FOLLOW 1
#endif

#define ALL ((1 << NW) - 1)

/* The gate. `present`: it leads to the system. */
byte inside[2];
bit epoch;
bit present = 1;
bit closing;             /* the phase */
bit freed;

/* The scheduler. */
byte inject, more;       /* the inject queue: from outside, and what follows from threads apart */
byte follow[NW];         /* what follows, in the rings */
byte apart, handed;      /* turns of threads apart: counted; and not begun */
byte idle;
bit token[NW];
bit parked[NW];          /* a worker has counted a park since is_quiet has read its count */
bit stop;
byte gone;               /* workers that have left their loops */
bit waits;               /* settle_waiters */
bit locked, sleeps;      /* settle_lock; somebody is in pthread_cond_wait */

byte accepted, handled, followed, senders_gone, busy;

/* S1, and the token of the sleeper that is woken */
inline wake_for_work() {
	if
	:: idle & 1 -> d_step { if :: idle & 1 -> idle = idle & ~1; token[0] = 1 :: else fi }
	:: !(idle & 1) && (idle & 2) -> d_step { if :: idle & 2 -> idle = idle & ~2; token[1] = 1 :: else fi }
	:: else
	fi
}

#if GATE
/* troupei_route_open and a send */
proctype outside()
{
	byte i = 1;
	bit count, found, refuses;

	do
	:: i > NM -> break
	:: else ->
		if
		:: !present -> skip /* do not keep a closer waiting */
		:: else ->
			count = epoch;
#if BUG == 1
			found = present;
			inside[count]++;
#else
#if BUG == 4
			refuses = closing;
#endif
			inside[count]++;
			found = present; /* G1 */
#endif
			if
			:: found ->
				assert(!freed);
#if BUG != 4
				refuses = closing;
#endif
				if
				:: refuses -> assert(!freed) /* a dead letter is counted there */
				:: else -> d_step { assert(!freed); inject++; accepted++ }; wake_for_work(); assert(!freed)
				fi
			:: else
			fi;
			inside[count]--
		fi;
		d_step { i++; count = 0; found = 0; refuses = 0 }
	od
}
#else
/* All have come in, and some are still on their way through: 1 of the protocol has been done. */
proctype outside()
{
	byte i = 1;

	do
	:: i > NM -> break
	:: else -> d_step { inject++; accepted++ }; wake_for_work(); i++
	od;
	senders_gone++
}
#endif

/* troupei_scheduler_notify_settled */
inline notify_settled() {
	if
	:: waits ->
		if
		:: idle == ALL ->
#if BUG == 10
			sleeps = 0
#else
			d_step { !locked -> locked = 1 };
			sleeps = 0;
			locked = 0
#endif
		:: else
		fi
	:: else
	fi
}

#if APART
/* The turn of an actor on a thread apart: blocking.c */
proctype apart_thread()
{
	bit last;

end:	do
	:: handed > 0 ->
		handed--;
		assert(!freed);
		handled++;
#if BUG == 16
		apart--;
		more++;
		wake_for_work();
#else
		more++;
		wake_for_work();
		d_step { apart--; last = (apart == 0) };
#endif
		if :: last -> last = 0; notify_settled() :: else fi
	od
}
#endif

inline take() {
	d_step {
		assert(!freed);
		if
		:: follow[me] > 0 -> follow[me]--; work = 2
		:: follow[me] == 0 && inject > 0 -> inject--; work = 1
		:: follow[me] == 0 && inject == 0 && more > 0 -> more--; work = 2
		:: follow[me] == 0 && inject == 0 && more == 0 && follow[1 - me] > 0 -> follow[1 - me]--; work = 2
		:: else
		fi;
		if :: work -> busy++ :: else fi
	}
}

/* A turn. */
inline turn() {
	assert(!freed);
	if
	:: work == 1 ->
#if APART
		apart++;
		handed++;
#elif FOLLOW
		d_step { follow[me]++; handled++ };
		wake_for_work();
#else
		d_step { handled++; followed++ };
#endif
		skip
	:: else -> followed++
	fi;
	d_step { busy--; work = 0 }
}

inline sees_work() {
	seen = (inject + more > 0);
	if :: !seen -> seen = (follow[0] > 0) :: else fi;
	if :: !seen -> seen = (follow[1] > 0) :: else fi;
#if BUG != 13
	if :: !seen -> seen = stop :: else fi
#endif
}

inline park() {
	token[me] = 0; /* the ticket */
#if BUG != 8
	parked[me] = 1;
#endif
#if BUG == 11
	notify_settled();
#endif
	idle = idle | (1 << me);
#if BUG == 8
	parked[me] = 1;
#endif
	sees_work();
#if BUG == 5
	if :: seen -> take() :: else fi;
#endif
	if
	:: !seen ->
#if BUG != 11
		notify_settled();
#endif
		token[me] -> token[me] = 0
	:: else
	fi;
	seen = 0;
	idle = idle & ~(1 << me); /* S5 */
#if BUG == 5
	if :: work -> turn() :: else fi
#endif
}

proctype worker(byte me)
{
	byte work;
	bit seen;

	do
	:: atomic { stop -> assert(!freed); break }
	:: else ->
		take();
		if
		:: work -> turn()
		:: else -> park()
		fi
	od;
	gone++
}

/* troupei_scheduler_is_quiet */
inline look_for_quiet() {
	quiet = 1;
#if BUG != 7
	parked[0] = 0; parked[1] = 0;
#endif
	if :: idle != ALL -> quiet = 0 :: else fi;
#if APART
	if :: quiet && apart > 0 -> quiet = 0 :: else fi;
#endif
	if :: quiet && inject + more > 0 -> quiet = 0 :: else fi;
	if :: quiet && follow[0] > 0 -> quiet = 0 :: else fi;
	if :: quiet && follow[1] > 0 -> quiet = 0 :: else fi;
#if BUG != 6
	if :: quiet && idle != ALL -> quiet = 0 :: else fi;
#endif
#if BUG != 7
	if :: quiet && parked[0] -> quiet = 0 :: else fi;
	if :: quiet && parked[1] -> quiet = 0 :: else fi
#endif
}

/* troupei_scheduler_settle, without a limit */
inline settle() {
	d_step { !locked -> locked = 1 };
#if BUG == 9
	look_for_quiet();
	waits = 1;
#else
	waits = 1;
	look_for_quiet();
#endif
	do
	:: quiet -> break
	:: else ->
		d_step { sleeps = 1; locked = 0 };
		d_step { !sleeps && !locked -> locked = 1 };
		look_for_quiet()
	od;
	atomic { quiet = 0; waits = 0 };
	locked = 0
}

inline wait_for_zero(which) { inside[which] == 0 }

/* troupei_gate_flush, G3 */
inline flush() {
	d_step { old = epoch; epoch = 1 - epoch };
#if BUG != 2
	wait_for_zero(old);
#endif
#if BUG != 3
	d_step { old = epoch; epoch = 1 - epoch };
#if BUG != 2
	wait_for_zero(old);
#endif
#endif
	old = 0
}

/* troupe_finish, take_down, troupei_scheduler_stop */
proctype finisher()
{
	bit quiet, old;

#if GATE
#if BUG == 15
	flush();
	closing = 1;
#else
	closing = 1;
	flush();
#endif
#else
	senders_gone == NP;
#endif
	settle();
	d_step {
		assert(busy == 0 && apart == 0 && inject + more == 0 && follow[0] == 0 && follow[1] == 0);
		assert(handled == accepted && followed == accepted)
	};
#if GATE
	present = 0; /* troupei_gate_close */
	flush();
#endif
#if BUG == 12
	token[0] = 1; token[1] = 1; stop = 1;
#else
	stop = 1; token[0] = 1; token[1] = 1;
#endif
#if BUG != 14
	gone == NW;
#endif
	d_step {
		freed = 1;
		assert(handled == accepted && followed == accepted)
	}
}

init {
	byte i;

	atomic {
		for (i : 1 .. NP) { run outside() }
		for (i : 0 .. NW - 1) { run worker(i) }
#if APART
		run apart_thread();
#endif
		run finisher();
		i = 0
	}
}
