/* SPDX-License-Identifier: MIT */
/* P1 to P6: courier.h. */
#include "actors/courier.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "actors/ask.h"
#include "actors/dead_letter.h"
#include "actors/lifecycle.h"
#include "actors/remote.h"
#include "base/memory.h"
#include "mailbox/payload.h"

enum {
	WINDOW_MESSAGES = 256,
	WINDOW_BYTES = 256 << 10,
	FRAMES_AT_ONCE = 256, /* read before others run */
	PASSED_OVER_MAX = 32, /* messages that wait to be shipped with the next */
};

#define NONSENSE "it speaks nonsense"
#define NO_MEMORY_TO_KEEP "no memory to keep what it does not take"

/* ------------------------------------------------------------------------------------------- what a system has of it -- */

/* With the keeper's lock held: the courier's actor is there. */
static void news(void *owner)
{
	struct courier *courier = owner;

	/* NEWS.store, release; the signal after it is full: who obeys the signal sees the news. */
	troupei_store_release_8(&courier->news, 1);
	troupei_signal(courier->system, NULL, courier->cell, SIGNAL_LOOK);
}

static void child(void *owner, int fd)
{
	troupei_remote_main(owner, fd);
}

void troupei_courier_init(struct troupei_system *system)
{
	static const struct keeper_hooks hooks = { .news = news, .around = troupei_memory_around_fork, .child = child };

	troupei_keeper_init(&system->keeper, &hooks);
	pthread_mutex_init(&system->courier_lock, NULL);
}

void troupei_courier_fini(struct troupei_system *system)
{
	struct courier_behaviour *at = system->courier_behaviours, *next;

	troupei_keeper_fini(&system->keeper);
	pthread_mutex_destroy(&system->courier_lock);
	for (; at != NULL; at = next) {
		next = at->next;
		troupei_deallocate(at, sizeof *at);
	}
}

/* ----------------------------------------------------------------------------------------------------- the behaviour -- */

/* A new life has its process made here; the first one has it from the spawn, which tells when there is none to be had. */
static troupe_verdict courier_begins(troupe_actor *me)
{
	struct actor_worker *worker = troupei_me_worker(me);

	if (worker->running->extra->courier != NULL)
		return TROUPE_HANDLED;
	return troupe_done(me, troupei_courier_begin(worker->system, worker->running));
}

/* Users' messages are deferred, and shipped from there by the look that comes before the next message (turn.c). The runtime's
 * news cannot be deferred, and go at once. */
static troupe_verdict courier_receive(troupe_actor *me, const troupe_message *m)
{
	struct cell *cell = troupei_me_worker(me)->running;

	if (m->kind > 0 || m->kind == TROUPE_RETURNED) {
		troupei_or_full_8(&cell->signals, SIGNAL_LOOK);
		return TROUPE_DEFERRED;
	}
	troupei_courier_tell(cell->extra->courier,
	                     &(struct frame){ .op = FRAME_MESSAGE, .sort = SORT_RELAYED, .kind = m->kind, .why = m->why,
	                                      .to = m->about.bits_private, .token = m->token },
	                     NULL);
	return TROUPE_HANDLED;
}

static struct courier_behaviour *behaviour_new(const troupe_behaviour *inner)
{
	struct courier_behaviour *made = troupei_allocate(sizeof *made);

	if (made == NULL)
		return NULL;
	*made = (struct courier_behaviour){ .outer = *inner, .inner = inner };
	made->outer.init = courier_begins;
	made->outer.receive = courier_receive;
	made->outer.terminate = NULL;
	return made;
}

const troupe_behaviour *troupei_courier_behaviour(struct troupei_system *system, const troupe_behaviour *inner)
{
	struct courier_behaviour *at;

	pthread_mutex_lock(&system->courier_lock);
	for (at = system->courier_behaviours; at != NULL && at->inner != inner; at = at->next)
		;
	if (at == NULL && (at = behaviour_new(inner)) != NULL) {
		at->next = system->courier_behaviours;
		system->courier_behaviours = at;
	}
	pthread_mutex_unlock(&system->courier_lock);
	return at != NULL ? &at->outer : NULL;
}

/* -------------------------------------------------------------------------------------------------- beginning and end -- */

/* P6 */
static void count(struct courier *courier)
{
	bool waits = courier->rests || (courier->in_flight == 0 && courier->owed == 0);
	bool working = !courier->started || !waits || courier->ending;
	bool busy = !courier->over && working;

	if (busy && !courier->busy)
		troupei_scheduler_apart_begin(&courier->system->scheduler);
	else if (!busy && courier->busy)
		troupei_scheduler_apart_end(&courier->system->scheduler);
	courier->busy = busy;
}

static struct courier *courier_new(struct troupei_system *system, struct cell *cell)
{
	struct courier *courier = troupei_allocate(sizeof *courier);
	void *page = mmap(NULL, sizeof *courier->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (courier != NULL && page != MAP_FAILED) {
		memset(courier, 0, sizeof *courier);
		courier->system = system;
		courier->cell = cell;
		courier->ref = troupei_ref_of(cell);
		courier->page = page;
		return courier;
	}
	if (page != MAP_FAILED)
		munmap(page, sizeof *courier->page);
	troupei_deallocate(courier, sizeof *courier);
	return NULL;
}

static void courier_free(struct courier *courier)
{
	munmap(courier->page, sizeof *courier->page);
	troupei_deallocate(courier->addresses, courier->address_capacity * sizeof *courier->addresses);
	troupei_deallocate(courier, sizeof *courier);
}

troupe_status troupei_courier_begin(struct troupei_system *system, struct cell *cell)
{
	struct extra *extra = troupei_cell_extra(cell);
	struct courier *courier = extra != NULL ? courier_new(system, cell) : NULL;

	if (courier == NULL)
		return TROUPE_ENOMEM;
	int error = troupei_keeper_fork(&system->keeper, courier, &courier->ward);
	if (error != 0) {
		courier_free(courier);
		return error == ENOMEM ? TROUPE_ENOMEM : TROUPE_ETHREAD;
	}
	troupei_channel_init(&courier->channel, courier->ward->fd, false);
	extra->courier = courier;
	count(courier);
	return TROUPE_OK;
}

void troupei_courier_drop(struct extra *extra)
{
	struct courier *courier = extra->courier;

	extra->courier = NULL;
	courier->over = true;
	count(courier);
	troupei_channel_fini(&courier->channel);
	troupei_keeper_drop(&courier->system->keeper, courier->ward);
	courier_free(courier);
}

void troupei_courier_give_up(struct courier *courier, const char *what)
{
	troupei_log(courier->system, "actor %s (%016llx): process %d is killed: %s",
	            troupei_behaviour_name(courier->cell->behaviour), (unsigned long long)courier->ref.bits_private,
	            (int)courier->ward->pid, what);
	courier->given_up = courier->channel.broken = true;
	troupei_keeper_kill(courier->ward);
}

/* What the socket does not take any more, whatever its reason, nobody will say: the process must go. */
static void see_broken(const struct courier *courier)
{
	if (courier->channel.broken && !courier->given_up)
		troupei_keeper_kill(courier->ward);
}

void troupei_courier_send(struct courier *courier, const struct frame *frame, const void *payload)
{
	if (troupei_channel_send(&courier->channel, frame, payload) == CHANNEL_NO_MEMORY)
		troupei_courier_give_up(courier, NO_MEMORY_TO_KEEP);
	if (!courier->channel.broken && troupei_channel_is_behind(&courier->channel))
		troupei_keeper_want_room(&courier->system->keeper, courier->ward);
	see_broken(courier);
}

void troupei_courier_tell(struct courier *courier, const struct frame *frame, const void *payload)
{
	courier->owed = ++courier->told;
	courier->rests = false;
	troupei_courier_send(courier, frame, payload);
	count(courier);
}

void troupei_courier_rests(struct courier *courier, uint64_t told)
{
	if (told >= courier->owed)
		courier->owed = 0;
	courier->rests = told == courier->told;
}

/* ------------------------------------------------------------------------------------------------------ the list: P1 -- */

struct envelope *troupei_courier_take(struct courier *courier, uint64_t cookie)
{
	struct envelope **tail = &courier->cell->extra->deferred, *before = *tail, *at;

	if (courier->shipped == NULL)
		return NULL;
	for (at = before->next; (uintptr_t)at != cookie; before = at, at = at->next)
		if (at == courier->shipped)
			return NULL;
	if (courier->shipped == at)
		courier->shipped = at == (*tail)->next ? NULL : before;
	if (before == at)
		*tail = NULL;
	else
		before->next = at->next;
	if (*tail == at)
		*tail = before;
	return at;
}

static struct envelope *next_to_ship(const struct courier *courier)
{
	struct envelope *tail = courier->cell->extra->deferred;

	if (tail == NULL || courier->shipped == tail)
		return NULL;
	return courier->shipped != NULL ? courier->shipped->next : tail->next;
}

void troupei_courier_came_to(struct courier *courier, uint32_t size)
{
	if (courier->in_flight > 0)
		courier->in_flight--;
	courier->in_flight_bytes -= size < courier->in_flight_bytes ? size : courier->in_flight_bytes;
}

/* Does the payload own what its fields point to? That cannot go to another process. */
static bool is_bound(const struct envelope *envelope)
{
	return (envelope->flags & (ENVELOPE_MOVED | ENVELOPE_SHARED)) &&
	       troupei_payload_of(troupei_envelope_data(envelope))->release != NULL;
}

static void ship_one(struct actor_worker *worker, struct courier *courier, struct envelope *envelope)
{
	bool extended = troupei_envelope_is_extended(envelope);

	courier->shipped = envelope;
	if (is_bound(envelope)) {
		troupei_courier_take(courier, (uintptr_t)envelope);
		troupei_envelope_bury(worker->system, worker, courier->cell, envelope, TROUPE_EREMOTE);
		return;
	}
	struct frame frame = { .op = FRAME_MESSAGE, .size = troupei_envelope_size(envelope),
		               .sort = (uint8_t)troupei_envelope_sort(envelope), .kind = troupei_envelope_kind(envelope),
		               .word = extended ? troupei_envelope_extension(envelope)->word : 0,
		               .cookie = (uintptr_t)envelope };
	courier->in_flight++;
	courier->in_flight_bytes += frame.size;
	courier->told++;
	courier->rests = false;
	if (troupei_channel_keep(&courier->channel, &frame, troupei_envelope_data(envelope)) == CHANNEL_NO_MEMORY)
		troupei_courier_give_up(courier, NO_MEMORY_TO_KEEP);
}

/* P7. One that is granted in this moment comes back as a message. */
static bool is_parked(const struct courier *courier)
{
	return troupei_load_relaxed_ptr(&courier->cell->extra->parks) != NULL;
}

static void flush(struct courier *courier)
{
	courier->stuck = troupei_channel_flush(&courier->channel) == CHANNEL_LATER;
	if (courier->stuck)
		troupei_keeper_want_room(&courier->system->keeper, courier->ward);
	see_broken(courier);
}

static bool has_room(const struct courier *courier)
{
	if (courier->ended || courier->channel.broken)
		return false;
	return courier->in_flight == 0 || (courier->in_flight < WINDOW_MESSAGES && courier->in_flight_bytes < WINDOW_BYTES &&
	                                   !courier->stuck);
}

/* P2, P5 */
static void ship(struct actor_worker *worker, struct courier *courier)
{
	struct envelope *next;

	while ((next = next_to_ship(courier)) != NULL && has_room(courier))
		ship_one(worker, courier, next);
	flush(courier);
	if (next != NULL || is_parked(courier))
		courier->cell->flags |= FLAG_HOLD;
	else
		courier->cell->flags &= (uint8_t)~FLAG_HOLD;
	if (next == NULL && courier->ending && !courier->end_sent) {
		courier->end_sent = true;
		uint8_t flags = courier->cell->flags & FLAG_STOPPING ? END_HOLD : 0;
		troupei_courier_send(courier, &(struct frame){ .op = FRAME_END, .flags = flags }, NULL);
	}
}

/* ------------------------------------------------------------------------------------------------------------- death -- */

static void describe_death(const struct ward *ward, char *to, size_t size)
{
	if (!ward->status_known)
		snprintf(to, size, "how is not known");
	else if (WIFSIGNALED(ward->status))
		snprintf(to, size, "signal %d (%s)", WTERMSIG(ward->status), strsignal(WTERMSIG(ward->status)));
	else
		snprintf(to, size, "exit code %d", WEXITSTATUS(ward->status));
}

static void log_death(const struct courier *courier)
{
	static const char *const parts[] = { "no handler", "its handler of ", "init", "terminate", "terminate" };
	const struct courier_page *page = courier->page;
	unsigned part = page->part < sizeof parts / sizeof *parts ? page->part : 0;
	const char *name = part == PART_RECEIVE + 1 ? troupei_kind_name(courier->cell->behaviour, page->kind) : "";
	char how[80], number[16] = "";

	describe_death(courier->ward, how, sizeof how);
	if (part == PART_RECEIVE + 1 && name[0] == 0)
		snprintf(number, sizeof number, "%d", page->kind);
	troupei_log(courier->system, "actor %s (%016llx) crashed: %s in %s%s%s: process %d ended by %s",
	            troupei_behaviour_name(courier->cell->behaviour), (unsigned long long)courier->ref.bits_private,
	            troupe_status_name(TROUPE_ECRASHED), parts[part], name, number, (int)courier->ward->pid, how);
}

/* It has not said that it ends. What it was handling is a dead letter: another life must not begin with what is half done. */
static troupe_status cut_off(struct actor_worker *worker, struct courier *courier, troupe_status why)
{
	struct envelope *envelope = troupei_courier_take(courier, courier->page->handling);

	if (envelope != NULL)
		troupei_envelope_bury(worker->system, worker, courier->cell, envelope, why);
	return why;
}

static troupe_status crashed(struct actor_worker *worker, struct courier *courier)
{
	troupei_count_own_64(&worker->tally.crashes, 1);
	log_death(courier);
	return cut_off(worker, courier, TROUPE_ECRASHED);
}

static bool died(struct actor_worker *worker, struct courier *courier)
{
	struct cell *cell = courier->cell;
	bool killed = (cell->flags & FLAG_ENDING) && cell->extra->why == TROUPE_EKILLED;

	courier->over = true;
	count(courier);
	troupe_status why = killed         ? cut_off(worker, courier, TROUPE_EKILLED)
	                    : courier->ended ? courier->why
	                                     : crashed(worker, courier);
	cell->flags &= (uint8_t)~FLAG_ENDING;
	return troupei_lifecycle_end(worker, cell, why);
}

/* True: all that has come was read, or it is parked, and reads on later. */
static bool read_frames(struct actor_worker *worker, struct courier *courier, bool dead)
{
	struct frame frame;
	const void *payload;

	if (dead)
		troupei_ask_hold_over(courier->cell); /* what it sent stays sent */
	for (unsigned i = 0; i < FRAMES_AT_ONCE && !courier->given_up; i++) {
		if (!dead && is_parked(courier)) {
			troupei_store_release_8(&courier->news, 1);
			return true;
		}
		enum channel_result result = troupei_channel_receive(&courier->channel, &frame, &payload);
		if (result == CHANNEL_LATER)
			return true;
		if (result == CHANNEL_ENDED) { /* it is about to die, or has closed what it should not have */
			troupei_keeper_kill(courier->ward);
			return true;
		}
		bool sense = result == CHANNEL_DONE && troupei_relay(worker, courier, &frame, payload);
		courier->frames++; /* P8 */
		if (!sense) {
			troupei_courier_give_up(courier, result == CHANNEL_NO_MEMORY ? "no memory for what it sends" : NONSENSE);
			return true;
		}
	}
	if (courier->given_up)
		return true;
	/* More later: a signal to ourselves, seen before the turn ends. */
	troupei_store_release_8(&courier->news, 1);
	troupei_or_full_8(&courier->cell->signals, SIGNAL_LOOK);
	return false;
}

/* More messages are about to be set aside: they are shipped together. The signal stays set, so this look comes. */
static bool passes_over(struct courier *courier)
{
	const struct cell *cell = courier->cell;
	bool more = cell->mailbox.tail != NULL && (cell->flags & (FLAG_HOLD | FLAG_ENDING)) == 0;

	if (!more || troupei_load_relaxed_8(&courier->news) || courier->passed_over >= PASSED_OVER_MAX) {
		courier->passed_over = 0;
		return false;
	}
	courier->passed_over++;
	return true;
}

bool troupei_courier_look(struct actor_worker *worker, struct cell *cell)
{
	struct courier *courier = cell->extra != NULL ? cell->extra->courier : NULL;

	if (courier == NULL || courier->over)
		return false;
	bool dead = troupei_load_acquire_8(&courier->ward->dead) != 0; /* before reading: then nothing comes after it */
	bool all = true;
	if (!dead && passes_over(courier)) {
		troupei_or_full_8(&cell->signals, SIGNAL_LOOK);
		return false;
	}
	if (troupei_load_acquire_8(&courier->news) || dead) {
		/* Full, before reading: what comes meanwhile is news again. A plain store could wipe that out, later. */
		troupei_and_full_8(&courier->news, 0);
		all = read_frames(worker, courier, dead);
	}
	/* While it lives it says when to look at the page. Uncalled for, that would settle messages of which what their handlers have
	 * sent lies in the socket unread: P6. */
	if (dead && !courier->given_up && !troupei_relay_page(worker, courier))
		troupei_courier_give_up(courier, NONSENSE);
	if (dead && all)
		return died(worker, courier);
	ship(worker, courier);
	count(courier);
	return false;
}

bool troupei_courier_ends(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	struct courier *courier = cell->extra->courier;

	if (courier->over)
		return false;
	cell->flags |= FLAG_ENDING;
	cell->extra->why = why;
	courier->ending = true;
	if (why == TROUPE_EKILLED) {
		courier->end_sent = true;
		troupei_keeper_kill(courier->ward);
	} else if (why != TROUPE_OK && !courier->end_sent) {
		courier->end_sent = true;
		troupei_courier_send(courier, &(struct frame){ .op = FRAME_END, .why = why, .flags = END_AT_ONCE }, NULL);
	}
	ship(worker, courier);
	count(courier);
	return true;
}
