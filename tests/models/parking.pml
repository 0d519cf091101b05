/* SPDX-License-Identifier: MIT */
/* Workers that find nothing fall asleep, and work that comes wakes them. The loop of scheduler/worker.c, scheduler/park.c, the
 * sleepers and searchers of scheduler/idle_set.h (S1 to S4), the event count of scheduler/parker.c as ck_ec and the futex make it,
 * and beside them the sleep of the watchdog (W.dekker: park.c, actors/watchdog.c) and the keeper of the timers (park.c).
 *
 * NP threads inject NM runnables each, NW workers take them: some to run, the rest of a batch to the own ring, where the others
 * steal them. Every second turn waits until another one is under way (its handler needs that, say): so work that lies in a queue
 * while a worker sleeps is not just late, but a system that stands. A fence that is dropped shows as the two steps on its sides
 * exchanged: that is what a store buffer does.
 *
 *   asserted  when nothing moves any more all has run; nobody sleeps for ever while the watchdog should look or a timer is armed
 *   not so    that a timer fires on time while one worker is in a long turn and the others sleep: who leaves the sleepers for work
 *             leaves them without a keeper until it looks at the time again (docs/design/0025-models.md)
 *
 * RUN plain   -DNP=2 -DNM=1 -DNW=2
 * LONG whole  -DNP=2 -DNM=2 -DNW=2
 * RUN watch   -DNP=1 -DNM=1 -DNW=2 -DWATCH=1
 * RUN timer   -DNP=0 -DNM=0 -DNW=2 -DTIMER=1
 * LONG timers -DNP=1 -DNM=1 -DNW=2 -DTIMER=1
 *
 * BUG 1  plain  S1: looks at the sleepers before its work is visible
 * BUG 2  plain  S2: looks for work before its bit is visible
 * BUG 3  plain  does not look for work once more
 * BUG 4  plain  takes the ticket after the look
 * BUG 5  plain  S3: who found work while searching wakes nobody
 * BUG 6  plain  S2: leaves the searchers after the look
 * BUG 7  plain  wakes before the work is visible
 * BUG 8  plain  WAKE.add: the flag is read before the count moves
 * BUG 9  plain  the futex does not compare
 * BUG 10 plain  the rest of a batch goes to the ring in silence
 * BUG 11 watch  W.dekker: looks at watcher_sleeps before it leaves the sleepers
 * BUG 12 watch  the watcher looks at the sleepers before it says that it sleeps
 * BUG 13 timer  the deadline of a keeper that woke stays behind
 * BUG 14 timer  who arms a timer wakes nobody
 * BUG 15 timer  looks for the next timer before it joins the sleepers
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
#ifndef WATCH
#define WATCH 0
#endif
#ifndef TIMER
#define TIMER 0
#endif

#define TOTAL (NP * NM)
#define ALL   ((1 << NW) - 1)
#define NEVER 0 /* the keeper's deadline: there is one timer */

byte inject;            /* runnables in the inject queue, behind its mutex */
byte ring[NW];
byte idle, searching;   /* idle_set */

/* An event count has moved on since the owner's ticket, or not: more of it is not looked at. */
typedef parker { bit moved, flag, asleep }
parker parkers[NW];

byte begun, over;       /* turns */

#if WATCH
bit watcher_sleeps, watched;
bit watcher_moved;
#endif
#if TIMER
bit armed, fired;
bit keeper_deadline;    /* NEVER, or that of the timer */
#endif

/* troupei_parker_wake: WAKE.add, then clear the flag, then FUTEX_WAKE. */
inline wake(who) {
#if BUG == 8
	flag = parkers[who].flag;
	parkers[who].moved = 1;
#else
	d_step { parkers[who].moved = 1; flag = parkers[who].flag };
#endif
	if
	:: flag -> parkers[who].flag = 0; d_step { parkers[who].asleep = 0; flag = 0 }
	:: else
	fi
}

/* troupei_idle_set_take, S4: the lowest bit, by a CAS. */
inline take_sleeper() {
	d_step {
		taken = 0;
		do :: taken < NW && !(idle & (1 << taken)) -> taken++ :: else -> break od;
		if :: taken < NW -> idle = idle & ~(1 << taken) :: else fi
	}
}

inline wake_one() {
	take_sleeper();
	if :: taken < NW -> wake(taken) :: else fi;
	taken = 0
}

/* troupei_idle_set_should_wake, S3, and what follows. */
inline wake_for_work() {
	if
	:: searching > 0
	:: else -> if :: idle != 0 -> wake_one() :: else fi
	fi
}

proctype outside()
{
	byte i = 1, taken;
	bit flag, seen;

	do
	:: i > NM -> break
	:: else ->
#if BUG == 1
		seen = (searching == 0 && idle != 0);
		inject++;
		if :: seen -> wake_one() :: else fi;
#elif BUG == 7
		wake_for_work();
		inject++;
#else
		inject++;
		wake_for_work();
#endif
		d_step { i++; seen = 0 }
	od
}

#if TIMER
/* A timer is armed on the wheel of a worker by a thread that is none: troupei_scheduler_timer_armed. */
proctype arm()
{
	byte taken;
	bit flag;

	armed = 1;
#if BUG != 14
	wake_one()
#endif
}
#endif

#if WATCH
/* sleep_until_work in watchdog.c; between two sleeps it looks, here at once. */
proctype watcher()
{
	bit asleep;

end:	do
	:: watcher_moved = 0; /* the ticket */
#if BUG == 12
		asleep = (idle == ALL);
		watcher_sleeps = 1;
#else
		watcher_sleeps = 1;
		asleep = (idle == ALL);
#endif
		if :: asleep -> asleep = 0; end_sleep: watcher_moved :: else fi;
		watcher_sleeps = 0;
		if :: begun > over -> watched = 1 :: else fi
	od
}
#endif

/* A turn: every second one waits for the next. */
inline turn() {
	d_step { begun++; mine = begun };
#if WATCH
	watched; /* a handler that goes on until somebody looks */
#endif
	if :: mine % 2 == 1 && TOTAL > 1 -> begun > mine :: else fi;
	d_step { over++; mine = 0; found = 0 }
}

/* take_injected: all there is, one to run, the rest to the ring. */
inline take_injected() {
	if
	:: inject > 0 ->
		d_step { if :: inject > 0 -> found = 1; rest = inject - 1; inject = 0 :: else fi };
		if
		:: rest > 0 ->
			d_step { ring[me] = ring[me] + rest; rest = 0 };
#if BUG != 10
			wake_for_work()
#endif
		:: else
		fi
	:: else
	fi
}

inline take_own() { d_step { if :: ring[me] > 0 -> ring[me]--; found = 1 :: else fi } }

/* troupei_worker_steal: one to run, half of the others. */
inline steal() {
	d_step {
		if
		:: ring[1 - me] > 0 ->
			ring[1 - me]--; found = 1;
			rest = ring[1 - me] / 2; ring[1 - me] = ring[1 - me] - rest; ring[me] = ring[me] + rest; rest = 0
		:: else
		fi
	}
}

inline end_search() {
	d_step { searching--; last = (searching == 0) };
#if BUG != 5
	if :: last && found -> wake_for_work() :: else fi;
#endif
	last = 0
}

inline search() {
	if
	:: 2 * searching >= NW
	:: else ->
		searching++; /* one more or less does no harm */
		steal();
		if :: !found -> take_injected() :: else fi;
#if BUG == 6
		if :: found -> end_search() :: else -> holds = 1 fi
#else
		end_search()
#endif
	fi
}

inline sees_work() {
	assert(ring[me] == 0);
	seen = (inject > 0);
	if :: !seen -> seen = (ring[1 - me] > 0) :: else fi
}

/* troupei_parker_sleep, on ck_ec32_wait. */
inline sleep() {
	do
	:: parkers[me].moved -> break
	:: else ->
		d_step { if :: !parkers[me].moved -> parkers[me].flag = 1; ok = 1 :: else -> ok = 0 fi };
		if
		:: ok ->
			ok = 0;
			/* FUTEX_WAIT: compares the word, and sleeps */
#if BUG == 9
			parkers[me].asleep = 1;
#else
			d_step { if :: !parkers[me].moved && parkers[me].flag -> parkers[me].asleep = 1 :: else fi };
#endif
end_asleep:		if
			:: !parkers[me].asleep
#if TIMER
			:: atomic { deadline != NEVER -> parkers[me].asleep = 0; break }
#endif
			fi
		:: else
		fi
	od
}

#if TIMER
/* become_keeper: who parks with an earlier deadline than the keeper's. With one timer: when there is none. */
inline become_keeper() {
#if BUG != 15
	want = armed;
#endif
	d_step { if :: want && keeper_deadline == NEVER -> keeper_deadline = 1; deadline = 1 :: else fi };
	want = 0
}

/* resign_keeper */
inline resign() {
#if BUG != 13
	if :: deadline != NEVER -> keeper_deadline = NEVER :: else fi;
#endif
	deadline = NEVER
}

inline fire_due() {
	/* time passes; or it is not over yet, and who looked sleeps again */
	if
	:: armed -> if :: d_step { armed = 0; fired = 1 } :: skip fi
	:: else
	fi
}
#endif

inline park() {
#if BUG != 4
	parkers[me].moved = 0; /* the ticket */
#endif
#if TIMER && BUG == 15
	want = armed;
#endif
#if BUG == 2
	sees_work();
	idle = idle | (1 << me);
#else
	idle = idle | (1 << me);
#if BUG == 3
	seen = 0;
#else
	sees_work();
#endif
#endif
#if BUG == 6
	if :: holds -> searching--; holds = 0 :: else fi;
#endif
#if BUG == 4
	parkers[me].moved = 0; /* the ticket */
#endif
	if
	:: !seen ->
#if TIMER
		become_keeper();
#endif
		sleep()
#if TIMER
		; resign()
#endif
	:: else
	fi;
	seen = 0;
#if BUG == 11
	woken = watcher_sleeps;
#endif
	idle = idle & ~(1 << me);
#if WATCH
#if BUG != 11
	woken = watcher_sleeps;
#endif
	if :: woken -> watcher_sleeps = 0; d_step { watcher_moved = 1; woken = 0 } :: else fi
#endif
#if TIMER
	fire_due()
#endif
}

proctype worker(byte me)
{
	byte taken, rest, mine;
	bit flag, found, last, seen, ok;
#if BUG == 6
	bit holds;
#endif
#if WATCH
	bit woken;
#endif
#if TIMER
	bit want, deadline;
#endif

	do
	:: take_own();
		if :: !found -> take_injected() :: else fi;
		if :: !found -> search() :: else fi;
		if
		:: found -> turn()
		:: else -> park()
		fi
	od
}

/* Nothing moves any more. */
proctype monitor()
{
	timeout;
	assert(begun == TOTAL && over == TOTAL);
	assert(inject == 0 && ring[0] == 0 && ring[1] == 0);
#if TIMER
	assert(fired || !armed)
#endif
}

init {
	byte i;

	atomic {
#if NP
		for (i : 1 .. NP) { run outside() }
#endif
		for (i : 0 .. NW - 1) { run worker(i) }
#if WATCH
		run watcher();
#endif
#if TIMER
		run arm();
#endif
		run monitor();
		i = 0
	}
}
