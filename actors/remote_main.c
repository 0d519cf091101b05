/* SPDX-License-Identifier: MIT */
/* A child process from its first step to its last. Q1 to Q4: remote.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actors/ask.h"
#include "actors/contain.h"
#include "actors/lifecycle.h"
#include "actors/post.h"
#include "actors/remote.h"
#include "actors/spawn.h"
#include "actors/supervised.h"
#include "actors/waits.h"
#include "base/clock.h"
#include "base/memory.h"

enum { FRAMES_AT_ONCE = 64, SOCKET = 3, DESCRIPTORS_MAX = 65536 };

/* ------------------------------------------------------------------------------------------------------- taking in -- */

/* For the library's own news there must be memory: without it the parent hears of a death. */
static struct envelope *need(struct envelope *envelope)
{
	if (envelope == NULL) {
		troupei_log(troupei_remote->system, "a process of an actor ends: no memory");
		_exit(1);
	}
	return envelope;
}

static void post(struct remote *remote, struct envelope *envelope)
{
	if (troupei_post_cell(remote->system, remote->worker, remote->cell, remote->generation, envelope) != TROUPE_OK)
		troupei_envelope_free(envelope); /* it is ending: the parent sees to it */
}

/* P6 in courier.h */
static void taken(struct remote *remote, bool settles)
{
	remote->taken++;
	remote->told_rest = false;
	remote->owes_rest = remote->owes_rest || !settles;
}

static void take_message(struct remote *remote, const struct frame *frame, const void *payload)
{
	bool control = frame->sort == SORT_RETURNED || frame->sort == SORT_RELAYED;
	struct envelope *envelope = NULL;
	uint32_t size = (uint32_t)sizeof(struct relayed) + frame->size;

	taken(remote, frame->cookie != 0);
	if (size > frame->size)
		envelope = troupei_envelope_new(SORT_RELAYED, control ? ENVELOPE_CONTROL : 0, frame->kind, size, 0);
	if (envelope == NULL) {
		troupei_remote_put(&(struct frame){ .op = FRAME_SETTLED, .sort = SETTLED_NO_MEMORY, .cookie = frame->cookie,
		                                    .flags = QUESTION_FORGOTTEN },
		                   NULL);
		return;
	}
	struct relayed *relayed = troupei_envelope_body(envelope);
	*relayed = (struct relayed){ .cookie = frame->cookie, .word = frame->word, .token = frame->token, .about = frame->to,
		                     .kind = frame->kind, .why = frame->why, .size = frame->size, .sort = frame->sort };
	memcpy(relayed + 1, payload, frame->size);
	remote->unsettled += frame->cookie != 0;
	post(remote, envelope);
}

static void take_outcome(struct remote *remote, const struct frame *frame, const void *payload)
{
	struct envelope *envelope =
		need(troupei_envelope_new(SORT_ANSWER, ENVELOPE_CONTROL, frame->kind, frame->size, frame->word));

	memcpy(troupei_envelope_body(envelope), payload, frame->size);
	if (!troupei_ask_deliver(remote->system, remote->worker, (troupe_ref){ frame->word }, envelope))
		troupei_envelope_free(envelope);
}

static void take_end(struct remote *remote, const struct frame *frame)
{
	bool at_once = (frame->flags & END_AT_ONCE) != 0;
	enum envelope_sort sort = at_once ? SORT_KILL : SORT_STOP;

	if (frame->flags & END_HOLD)
		remote->cell->flags &= (uint8_t)~FLAG_HOLD;
	post(remote, need(troupei_envelope_new(sort, at_once ? ENVELOPE_CONTROL : 0, frame->why, 0, 0)));
}

static void take(struct remote *remote, const struct frame *frame, const void *payload)
{
	switch (frame->op) {
	case FRAME_MESSAGE:
		take_message(remote, frame, payload);
		break;
	case FRAME_OUTCOME:
		taken(remote, false);
		take_outcome(remote, frame, payload);
		break;
	case FRAME_CLOSED:
		taken(remote, false);
		troupei_ask_end(remote->system, remote->worker, (troupe_ref){ frame->word },
		                need(troupei_envelope_new(SORT_UNANSWERED, ENVELOPE_CONTROL, frame->why, 0, frame->word)));
		break;
	case FRAME_END:
		take_end(remote, frame);
		break;
	case FRAME_REPLY:
		remote->reply = *frame;
		remote->replied = true;
		break;
	default:
		_exit(1);
	}
}

bool troupei_remote_take_in(struct remote *remote)
{
	struct frame frame;
	const void *payload;

	for (unsigned i = 0; i < FRAMES_AT_ONCE; i++) {
		enum channel_result result = troupei_channel_receive(&remote->channel, &frame, &payload);
		if (result == CHANNEL_LATER)
			return i > 0;
		if (result != CHANNEL_DONE)
			_exit(1); /* Q4 */
		take(remote, &frame, payload);
	}
	return true;
}

void troupei_remote_wait(const struct remote *remote, int64_t within_ns)
{
	struct pollfd socket = { .fd = remote->channel.fd, .events = POLLIN };
	struct timespec time = { .tv_sec = (time_t)(within_ns / 1000000000), .tv_nsec = (long)(within_ns % 1000000000) };

	ppoll(&socket, 1, within_ns == INT64_MAX ? NULL : &time, NULL);
}

/* --------------------------------------------------------------------------------------------------------- turns -- */

/* A handler may leave its turn by a jump, as on any worker: contain.h. */
static void __attribute__((noinline)) run_turn(struct actor_worker *worker, struct runnable *runnable)
{
	worker->base.lifo = NULL;
	if (sigsetjmp(worker->base.top, 0) == 0)
		troupei_turn_run(&worker->base, runnable);
	else
		troupei_contain_escaped(&worker->base);
}

static void __attribute__((noreturn)) leave(void)
{
	fflush(stdout);
	_exit(0);
}

static void run_turns(struct remote *remote)
{
	while (remote->worker->base.lifo != NULL) {
		run_turn(remote->worker, remote->worker->base.lifo);
		if (troupei_load_relaxed_32(&remote->cell->generation) != remote->generation)
			leave();
		troupei_worker_fire_due(&remote->worker->base);
	}
}

static void rest(struct remote *remote)
{
	int64_t next = troupei_timers_next(&remote->worker->base.timers);
	int64_t now = next != INT64_MAX ? troupei_scheduler_now(&remote->system->scheduler) : 0;

	if ((remote->unsettled > 0 && !remote->told_rest) || remote->owes_rest) {
		remote->told_rest = true;
		remote->owes_rest = false;
		troupei_remote_put(&(struct frame){ .op = FRAME_RESTS, .word = remote->taken }, NULL);
	} else {
		troupei_remote_tell(remote);
	}
	if (next > now)
		troupei_remote_wait(remote, next != INT64_MAX ? next - now : INT64_MAX);
	troupei_worker_fire_due(&remote->worker->base);
}

/* --------------------------------------------------------------------------------------------------------- beginning -- */

/* Nothing of the parent's stays open but the standard three: a descriptor that is held here would keep a connection from ending,
 * or a file from going, there. */
static void close_others(int fd)
{
	if (fd != SOCKET) {
		while (dup2(fd, SOCKET) < 0) /* what lies there is the parent's: never to be spoken to */
			if (errno != EINTR && errno != EBUSY)
				_exit(1);
		close(fd);
	}
	fcntl(SOCKET, F_SETFD, FD_CLOEXEC);
	if (syscall(SYS_close_range, SOCKET + 1, ~0U, 0) == 0)
		return;
	for (int other = SOCKET + 1; other < DESCRIPTORS_MAX; other++) /* older than Linux 5.9 */
		close(other);
}

static void log_there(void *context, const char *line)
{
	(void)context;
	troupei_remote_put(&(struct frame){ .op = FRAME_LOG, .size = (uint32_t)strlen(line) }, line);
}

/* What the parent's cell said, before the cells are made anew. */
struct origin {
	const troupe_behaviour *behaviour;
	const void *state;
	unsigned char inside[CELL_STATE_SIZE] __attribute__((aligned(16)));
	troupe_ref parent;
};

static void remember(struct origin *origin, struct remote *remote, struct cell *cell)
{
	const struct supervised *record = troupei_supervised_of(cell);

	origin->behaviour = ((const struct courier_behaviour *)cell->behaviour)->inner;
	origin->parent = cell->extra->parent;
	origin->state = troupei_cell_state(cell);
	if (origin->state == cell->state)
		origin->state = memcpy(origin->inside, cell->state, sizeof origin->inside);
	remote->lives = record != NULL && record->lives > 1 ? record->lives - 1 : 0;
	remote->last = remote->lives > 0 ? record->last : TROUPE_OK;
}

/* The system, and in it the actor. */
static bool be_born(struct remote *remote, const struct origin *origin, troupe_ref ref)
{
	struct troupei_system *system = remote->system;

	if (!troupei_slots_reborn(troupei_ref_slot(ref), REMOTE_GENERATION) || !troupei_waits_reborn() ||
	    !troupei_system_reborn(system))
		return false;
	system->log = log_there;
	troupei_gates_reborn(system->id, system);
	remote->worker = (struct actor_worker *)system->scheduler.workers[0];
	remote->worker->system_id = 0; /* Q1 */
	remote->worker->sends_to = UINT32_MAX;
	troupei_worker_current = &remote->worker->base;
	struct cell *cell = remote->cell;
	troupei_store_relaxed_8(&cell->system, system->id);
	cell->generation = remote->generation;
	troupei_cell_born(cell, origin->behaviour, origin->behaviour->init != NULL ? FLAG_INIT : 0);
	if (!troupei_cell_state_make(cell, origin->state) || troupei_cell_extra(cell) == NULL)
		return false;
	cell->extra->parent = origin->parent;
	troupei_store_release_ptr(&cell->mailbox.head, NULL);
	remote->worker->base.lifo = &cell->runnable;
	return true;
}

void troupei_remote_main(struct courier *courier, int fd)
{
	static struct remote remote; /* static: more than a stack that is about to be forgotten */
	struct origin origin;

	__fpurge(stdout); /* what waits in it is the parent's to write */
	close_others(fd);
	troupei_channel_init(&remote.channel, SOCKET, true);
	remote.system = courier->system;
	remote.cell = courier->cell;
	remote.generation = troupei_ref_generation(courier->ref);
	remote.page = courier->page;
	remember(&origin, &remote, courier->cell);
	troupei_remote = &remote;
	troupei_store_relaxed_32(&remote.page->part, PART_INIT + 1);
	if (!be_born(&remote, &origin, courier->ref))
		_exit(1);
	run_turns(&remote);
	troupei_store_relaxed_32(&remote.page->part, 0);
	troupei_remote_put(&(struct frame){ .op = FRAME_STARTED }, NULL);
	for (;;) {
		if (!troupei_remote_take_in(&remote) && remote.worker->base.lifo == NULL)
			rest(&remote);
		run_turns(&remote);
	}
}
