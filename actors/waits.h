/* SPDX-License-Identifier: MIT */
/* waits: who waits for whom, in the whole process, so that a circle is found by the wait that closes it.
 *
 * An actor waits for one thing at a time: for the answer that a reply address expects, or for another actor's room. Of a reply
 * address it is known who has the duty to answer. Both are written down in a table that lies parallel to the cells, so that
 * anybody may follow a chain at any time, without a lock, while its links come and go:
 *
 *     actor ──on──> reply address ──holder──> actor ──on──> actor (for room) ──on──> ...
 *
 *   Q1  A link is true while the actor lives and is written down as waiting, and the address is open: an answer that was
 *       taken from it ends the link, before its owner has handled it. Nobody has to erase anything for that.
 *   Q2  Who adds a link writes it, then (full fence) follows the chain: of several who close a circle together, the last one
 *       sees it whole. Drop the fence, and each may miss the others' links.
 *   Q3  A circle is believed after it was seen twice, the same each time, with the lock held. Links do not come back once they
 *       are gone (addresses have generations, waits for room are numbered), so all of them were there in between. The one who
 *       believes it takes its own link away under the same lock: so nobody else believes that circle.
 *   Q4  A link is left out when in doubt: if several may answer, or it is not known who will, or who kept the question may
 *       yet run for another reason. So no alarm is false; a circle through such a link is not found.
 *   Q5  Nobody can close a circle whom nobody waits for: an actor that awaits an answer, and to which no question has come that
 *       it still owes (none in its mailbox, its list, deferred, kept), writes its link and goes idle, with neither fence nor look.
 *       Who asks it from then on sees its link: PUSH.cas of the question reads what IDLE.cas of the actor wrote, and comes
 *       before the asker's own link (K1 in deadlock.h). If the CAS fails, something has come: it looks after all (DISTURBED).
 *       Two kinds of links to it are not written before what its mailbox shows: a question passed on by who does not wait itself,
 *       and a wait for room. Whoever writes those sets the actor's `asked` first, then the fence of Q2; the actor reads `asked`
 *       behind IDLE.cas, which is a full fence, and, if it is set, wakes itself to look. So one of the two sees the other.
 *       Not all in a circle can go idle so: each would have written its link before the next one did, round to itself.
 *       And of those who look, the last one (in the order of their fences) sees also the links of those who do not: each of them
 *       was written before the link, or the fence, of who waits for it. Drop the look at `asked`: a question that is
 *       passed on at that moment closes a circle that nobody sees. Drop DISTURBED: the same for a question asked at that moment.
 *   Q6  Who has the duty is written by whoever passes a question on, and the address may be closed, and its slot another's, before
 *       that is done. The word says which generation of the slot it is of, in three bits, so that such a write fails: without that
 *       it would give somebody a duty that he has not. (It succeeds if the slot was opened a multiple of eight times meanwhile, and
 *       the same actor has the duty, or nobody yet, at that moment.)
 * A chain is followed for WAITS_STEPS_MAX actors: a longer circle is not found. */
#ifndef TROUPEI_ACTORS_WAITS_H
#define TROUPEI_ACTORS_WAITS_H

#include "actors/ask.h"

enum { WAITS_STEPS_MAX = 4096, CIRCLE_STEPS_KEPT = 64 };

/* A link as a report shows it. */
struct wait_step {
	troupe_ref who;
	troupe_ref on;        /* a reply address; for room: the actor */
	troupe_ref holder;    /* who is to answer, or to make room */
	int32_t kind;         /* of the question, or of the message that found no room */
	uint64_t since_ticks;
};

/* A circle that was found. */
struct wait_circle {
	uint32_t count;       /* of actors */
	uint32_t kept;        /* of these here: the one whose link closed it first; each is waited for by the one before */
	struct wait_step steps[CIRCLE_STEPS_KEPT];
};

/* Reserve the table; once per process, after the cells. False: no address space. */
bool troupei_waits_init(void);

/* In the child of a fork: nobody waits. False: no address space. */
bool troupei_waits_reborn(void);

/* ------------------------------------------------------------------------------------------------------- who waits -- */

/* @p me waits from now on, for an answer at the address @p on, or for room of the actor @p on. The actor that it is calls this
 * itself (its turn).
 * @param kind  of the message that found no room; an address knows its own
 * @param deaf  nothing but the end of this wait makes it run: so it cannot answer what it has kept
 * @return true: that has closed a circle, which is in @p circle, and @p me does not wait: no other of them was told so. */
bool troupei_wait_begin(troupe_ref me, troupe_ref on, int32_t kind, bool deaf, struct wait_circle *circle);

/* The same for room, each time that @p me has nothing more to handle: at once if it is written down already. */
bool troupei_wait_room(troupe_ref me, troupe_ref on, int32_t kind, bool deaf);

/* What is to be done about a wait. */
enum wait_hold {
	HOLD_SETTLED, /* nothing */
	HOLD_QUIET,   /* the actor goes idle at once: if it could, and troupei_wait_is_asked then, it is to be woken; if it could not,
	                 troupei_wait_disturbed: Q5 */
	HOLD_LOOK,    /* troupei_wait_look */
};

/* The same for an answer, in steps, for who is in a hurry, each time that @p me has nothing more to handle.
 * @param quiet  no question has come to @p me that it still owes */
enum wait_hold troupei_wait_hold(troupe_ref me, troupe_ref on, bool deaf, bool quiet);
void troupei_wait_disturbed(troupe_ref me);
bool troupei_wait_is_asked(troupe_ref me);
bool troupei_wait_look(troupe_ref me, troupe_ref on, struct wait_circle *circle);

/* It does not wait any more. The same caller. */
void troupei_wait_end(troupe_ref me);

/* @p me waited for room of @p on, and was granted it: it does not wait for that any more, before it has heard of it. Any thread. */
void troupei_wait_granted(troupe_ref me, troupe_ref on);

/* What is written down: to put it back when a wait inside a wait is over (troupei_wait_begin again), or for a report. False:
 * it does not wait. */
bool troupei_wait_read(troupe_ref me, struct wait_step *out);

/* ----------------------------------------------------------------------------------------------- who has the duty -- */

/* A fresh address, before it is published: @p owner may come to wait for its one answer. */
void troupei_wait_open(struct ask *ask, troupe_ref owner);

/* The question at @p address goes from @p by (who runs; 0: a thread) to @p to, as a message of this kind: before that can
 * be received.
 * @return true: that has closed a circle, and nobody has the duty now: the caller fails the question */
bool troupei_wait_pass(troupe_ref address, troupe_ref by, troupe_ref to, int32_t kind, struct wait_circle *circle);

/* Somebody else may answer too, or nobody knows who: Q4. */
void troupei_wait_doubt(troupe_ref address);

/* The first step of that: false, go on with the whole. True: it was asked by who may come to wait for it, and does not yet. */
bool troupei_wait_pass_first(troupe_ref address, troupe_ref by, troupe_ref to, int32_t kind);

/* It could not be sent: @p by, if that had it before, has it still. */
void troupei_wait_pass_failed(troupe_ref address, troupe_ref by);

/* @p me, which has the duty, keeps the question beyond its handler; or it is about to pass on what it kept. */
void troupei_wait_kept(troupe_ref address, troupe_ref me, bool kept);

#endif
