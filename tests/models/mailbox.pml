/* SPDX-License-Identifier: MIT */
/* A mailbox hands messages to its actor, and the actor from worker to worker. The protocol of mailbox/mailbox.h (I1 to I4), as
 * the turns of actors/turn_body.h (T1, T2, look_back), actors/post.c (SIGNAL.or, the hint of the control lane) and actors/lifecycle.c
 * (close; the slot used again: C2 in actors/cell.h) go through it.
 *
 * NP senders push NM messages each to one actor that NW workers run. Blocks are used again at once, so a head word may come back
 * (ABA). What is one atomic step here is one locked instruction there, or touches nothing that others can see.
 *
 *   asserted  each message is handled once or is a dead letter; in the order in which its sender sent it; by one worker at a time
 *             (I3: the actor is in one queue at most); never after its block was freed; never by the slot's next actor (C2)
 *   no end    with a message that nobody handles, or a signal that nobody obeys: that is how a lost wake-up shows
 *
 * RUN plain     -DNP=2 -DNM=2 -DNW=2
 * RUN control   -DNP=2 -DNM=2 -DNW=2 -DCONTROL=1
 * RUN signal    -DNP=2 -DNM=1 -DNW=2 -DSIGNAL=1
 * LONG signals  -DNP=2 -DNM=2 -DNW=2 -DSIGNAL=1
 * RUN little    -DNP=1 -DNM=1 -DNW=2 -DSIGNAL=1
 * RUN end       -DNP=2 -DNM=2 -DNW=2 -DEND=1
 *
 * BUG 1  plain    goes idle by a store after a look instead of IDLE.cas
 * BUG 2  plain    is idle already while it handles what it took
 * BUG 3  plain    who wakes is told by the look before PUSH.cas, not by what the CAS replaced
 * BUG 4  plain    FINISH.cas is a store: what came behind is forgotten
 * BUG 5  plain    take_behind keeps the message that was peeked at
 * BUG 6  plain    a batch is not turned round
 * BUG 7  plain    the block is freed before FINISH.cas: the head word comes back (ABA)
 * BUG 8  plain    TAKE.swap is a load and a store
 * BUG 9  little   no look back after IDLE.cas
 * BUG 10 little   pokes before SIGNAL.or
 * BUG 11 little   POKE.cas wakes an actor that runs
 * BUG 12 control  the hint is cleared after the take
 * BUG 13 end      CLOSE.swap drops the batch
 * BUG 14 end      CLOSE.swap is a load and a store
 * BUG 15 end      the receiver does not compare generations
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
#ifndef CONTROL
#define CONTROL 0
#endif
#ifndef SIGNAL
#define SIGNAL 0
#endif
#ifndef END
#define END 0
#endif

#define TOTAL  (NP * NM)
#define NIL    0   /* messages are 1 to TOTAL */
#define IDLE   254
#define CLOSED 255

#define HINT 1 /* signals: SIGNAL_CONTROL */
#define KILL 2

/* The blocks of the messages. */
byte next[TOTAL + 1];
byte from[TOTAL + 1];
byte number[TOTAL + 1];
byte meant[TOTAL + 1];    /* generation */
bit control[TOTAL + 1];
bit used[TOTAL + 1];

/* The cell. */
byte head = IDLE;
byte signals;
byte generation = 1;
chan users = [TOTAL] of { byte };    /* what was taken: mailbox.tail */
chan controls = [TOTAL] of { byte }; /* the control messages before them */

chan queue = [1] of { bit };         /* the run queue: I3 says that one place is enough */
byte running;                        /* workers in a turn of the actor */

byte sent_all, handled, dead;
byte last[NP];                       /* of each sender: what was handled last */
bit obeyed;
byte posted, joined, must_see;       /* control messages: whose hint is set; that are in the list; that a look must have seen */

inline schedule() { atomic { assert(empty(queue)); queue!1 } }

inline count_dead(b) { dead++; used[b] = 0; assert(handled + dead <= TOTAL) }

/* PUSH.cas. Its glance at the head, and the link, are no steps of their own: nobody sees them. */
proctype sender(byte id)
{
	byte i = 1, b, h;
	bit done;

	do
	:: i > NM -> break
	:: else ->
		d_step {
			b = 1;
			do :: used[b] -> b++ :: else -> break od;
			used[b] = 1; from[b] = id; number[b] = i; meant[b] = 1; control[b] = (CONTROL && id == 1);
			h = head
		};
		do
		:: h == CLOSED -> d_step { count_dead(b) }; break
		:: else ->
			d_step {
				next[b] = (h == IDLE -> NIL : h);
				if :: head == h -> head = b; done = 1 :: else -> done = 0 fi;
#if BUG != 3
				if :: !done -> h = head :: else fi
#endif
			};
			if
			:: done ->
				if
				:: h == IDLE && !(CONTROL && id == 1) -> schedule()
				:: h != IDLE && CONTROL && id == 1 -> d_step { signals = signals | HINT; posted++ }
				:: h == IDLE && CONTROL && id == 1 -> schedule(); posted++
				:: else
				fi;
				break
			:: else
#if BUG == 3
				-> d_step { /* pushed on what is there now; but what the first look saw says whether it wakes */
					if :: head == CLOSED -> skip :: else -> next[b] = (head == IDLE -> NIL : head); head = b; done = 1 fi
				};
				if :: !done -> h = CLOSED :: else -> if :: h == IDLE -> schedule() :: else fi; break fi
#endif
			fi
		od;
		atomic { i++; b = 0; h = 0; done = 0 }
	od;
	sent_all++
}

#if SIGNAL
/* troupei_signal */
proctype signaller()
{
	bit woke;

#if BUG != 10
	signals = signals | KILL; /* SIGNAL.or */
#endif
	d_step { /* POKE.cas */
		if
		:: head == IDLE -> head = NIL; woke = 1
#if BUG == 11
		:: head == NIL -> woke = 1
#endif
		:: else
		fi
	};
#if BUG == 10
	signals = signals | KILL;
#endif
	if :: woke -> schedule() :: else fi;
	sent_all++
}
#endif

/* A batch, newest first, goes behind the list, oldest first: the owner's alone, so one step. */
inline join(batch) {
	d_step {
		n = 0;
		do :: batch != NIL -> order[n] = batch; n++; batch = next[batch] :: else -> break od;
#if BUG == 6
		m = 0;
		do
		:: m < n -> b = order[m]; m++
#else
		m = n;
		do
		:: m > 0 -> m--; b = order[m]
#endif
			if :: control[b] -> controls!b; joined++ :: else -> users!b fi
		:: else -> break
		od;
		b = 0; n = 0; m = 0; order[0] = 0; order[1] = 0; order[2] = 0; order[3] = 0
	}
}

inline swap_head(value) {
#if BUG == 8
	batch = head; head = value
#else
	d_step { batch = head; head = value }
#endif
}

/* The handler runs. C2 */
inline handle(b) {
	d_step {
		assert(used[b]);
		if
#if BUG != 15
		:: meant[b] != generation -> dead++
#endif
		:: else ->
			assert(meant[b] == generation);
			assert(number[b] > last[from[b]]);
			assert(control[b] || joined >= must_see);
			last[from[b]] = number[b];
			handled++
		fi;
		assert(handled + dead <= TOTAL)
	}
}

/* obey_signals, at the beginning of a turn and in look(): the hint first. */
inline look() {
	d_step { s = signals; must_see = posted };
#if BUG == 12
	if
	:: s & HINT -> if :: head != NIL && head != CLOSED -> swap_head(NIL); join(batch) :: else fi; signals = signals & ~HINT
	:: else
	fi;
#else
	if
	:: s & HINT -> signals = signals & ~HINT; if :: head != NIL -> swap_head(NIL); join(batch) :: else fi
	:: else
	fi;
#endif
	if :: s & KILL -> d_step { signals = signals & ~KILL; obeyed = 1 } :: else fi;
	s = 0
}

/* turn.c: IDLE.cas or FINISH.cas has succeeded; a signal may have come before it. */
inline look_back() {
#if SIGNAL && BUG != 9
	if
	:: signals & KILL ->
		d_step { if :: head == IDLE -> head = NIL; woke = 1 :: else fi };
		if :: woke -> woke = 0; schedule() :: else fi
	:: else
	fi
#else
	skip
#endif
}

/* CLOSE.swap, what is left, the generation, and the next actor in the slot. */
inline end_actor() {
#if BUG == 14
	batch = head; head = CLOSED;
#else
	swap_head(CLOSED);
#endif
#if BUG == 13
	batch = NIL;
#endif
	join(batch);
	d_step {
		do :: controls?b -> count_dead(b) :: empty(controls) -> break od;
		do :: users?b -> count_dead(b) :: empty(users) -> break od;
		b = 0
	};
	atomic { generation++; running-- }; /* retired: END.generation */
	atomic { generation++; head = IDLE } /* another worker takes the slot: OPEN.store */
}

proctype worker()
{
	byte peeked, batch, b, n, m, s;
	byte order[4];
	bit woke;

	do
	:: atomic { queue?_ -> running++; assert(running == 1) };

		/* plain_and_alone, T2 */
#if CONTROL || SIGNAL
		s = signals;
#endif
		d_step {
			if
			:: s == 0 && len(users) + len(controls) == 0 && head != NIL && next[head] == NIL &&
			   meant[head] == generation -> peeked = head
			:: else
			fi;
			s = 0
		};
		if
		:: peeked != NIL ->
			if :: control[peeked] -> joined++ :: else fi;
			handle(peeked);
#if BUG == 7
			used[peeked] = 0;
#endif
			atomic {
				if
				:: head == peeked -> /* FINISH.cas */
					head = IDLE; running--;
#if BUG != 7
					used[peeked] = 0;
#endif
					peeked = NIL; woke = 1
#if BUG == 4
				:: else -> head = IDLE; running--; used[peeked] = 0; peeked = NIL; woke = 1
#else
				:: else
#endif
				fi
			};
			if :: woke -> woke = 0; look_back(); goto over :: else fi;
			swap_head(NIL); /* BEHIND.swap */
			d_step {
#if BUG != 5
				b = batch;
				do :: b != NIL && next[b] != peeked -> b = next[b] :: else -> break od;
				assert(b != NIL);
				next[b] = NIL;
#endif
				b = 0;
#if BUG != 5
				used[peeked] = 0;
#endif
				peeked = NIL
			};
			join(batch)
		:: else -> look()
		fi;

		/* handle_messages */
		do
		:: empty(users) && empty(controls) ->
			if
			:: head == NIL ->
#if BUG == 1
				running--; head = IDLE; look_back(); goto over
#else
				atomic { if :: head == NIL -> head = IDLE; running--; woke = 1 :: else fi }; /* IDLE.cas */
				if :: woke -> woke = 0; look_back(); goto over :: else fi
#endif
			:: else ->
				swap_head(NIL); /* TAKE.swap */
				join(batch)
			fi
		:: nempty(users) || nempty(controls) ->
#if CONTROL || SIGNAL
			look();
#endif
#if BUG == 2
			if :: head == NIL -> head = IDLE :: else fi;
#endif
			d_step { if :: controls?b :: empty(controls) -> users?b fi };
			handle(b);
			d_step { used[b] = 0; b = 0 };
#if END
			if
			:: generation == 1 -> end_actor(); goto over
			:: skip
			fi;
#endif
#if !CONTROL && !SIGNAL && !END
			if /* T1: the turn's time is over */
			:: atomic { nempty(users) -> running--; schedule() }; goto over
			:: skip
			fi
#endif
		od;
over:		skip
	:: atomic { sent_all == NP + SIGNAL && handled + dead == TOTAL && (!SIGNAL || obeyed) && running == 0 && empty(queue) &&
			head == IDLE -> break }
	od
}

init {
	byte i;

	atomic {
		for (i : 0 .. NP - 1) { run sender(i) }
		for (i : 1 .. NW) { run worker() }
#if SIGNAL
		run signaller();
#endif
		i = 0
	}
}
