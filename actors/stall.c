/* SPDX-License-Identifier: MIT */
/* A glance at what another thread is doing, and a signal to it. D1, D3: watchdog.h. */
#include "actors/stall.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/callback.h"
#include "base/text.h"
#include "scheduler/spare.h"

enum { WAITS_MAX = 100, WAIT_NS = 1000000, FRAMES_TEXT_MAX = 640 };

/* ---------------------------------------------------------------------------------------------------------- looking -- */

/* Glances at what another thread is writing: compared, and told; right or not. */
static const void *__attribute__((no_sanitize("thread"), noinline)) peek_data(const struct actor_worker *worker)
{
	return worker->message.data;
}

static uint64_t __attribute__((no_sanitize("thread"), noinline)) peek_kind(const struct actor_worker *worker)
{
	return (uint32_t)worker->message.kind | (uint64_t)worker->part << 32;
}

struct stall_sign troupei_stall_look(const struct actor_worker *worker)
{
	return (struct stall_sign){ .running = troupei_load_acquire_ptr(&worker->running),
		                    .data = peek_data(worker),
		                    .handled = troupei_load_relaxed_64(&worker->tally.handled) +
		                               troupei_load_relaxed_64(&worker->tally.dead),
		                    .turns = troupei_load_relaxed_64(&worker->base.turns),
		                    .kind = peek_kind(worker) };
}

bool troupei_stall_is_same(const struct stall_sign *a, const struct stall_sign *b)
{
	return a->running == b->running && a->data == b->data && a->handled == b->handled && a->turns == b->turns &&
	       a->kind == b->kind;
}

/* ---------------------------------------------------------------------------------------------------------- signals -- */

/* One request at a time. state: ASKED -> TAKEN (by the signal handler) -> what came of it; or back to FREE, by who asked. */
enum { FREE, ASKED, TAKEN, DONE_SILENT, DONE_SEEN, DONE_EXPOSED };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool installed; /* with the lock held */
static struct sigaction before;
static struct {
	struct actor_worker *worker;
	struct stall_sign sign;
	bool expose;
	struct frames frames;
	uint64_t state;
} request;

/* Was the handler's own code interrupted, or the C library's called from there? */
static bool is_handlers_own(const struct frames *frames)
{
	for (uint32_t i = 0; i < frames->count; i++) {
		enum text text = troupei_text_of(frames->addresses[i]);
		if (text == TEXT_PROGRAM || text == TEXT_TROUPE)
			return text == TEXT_PROGRAM && !troupei_in_callback();
	}
	return false;
}

/* After each of its sends it gives away whom it woke: publish in send.c. */
static void expose(struct actor_worker *worker)
{
	worker->publish_at = 0;
	troupei_worker_expose(&worker->base);
}

static uint64_t serve(struct actor_worker *worker, uintptr_t pc)
{
	struct stall_sign now = troupei_stall_look(worker);

	if (!troupei_stall_is_same(&now, &request.sign))
		return DONE_SILENT;
	troupei_frames_collect(&request.frames, pc);
	if (!request.expose || !is_handlers_own(&request.frames))
		return DONE_SEEN;
	expose(worker);
	return DONE_EXPOSED;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	struct actor_worker *worker = troupei_actor_worker();
	uint64_t seen;
	int error = errno;

	/* ASKED.cas, acquire, pairs with ASKED.store: the request is read whole. Who asked may give up at the same moment: one of
	 * the two has it. */
	if (worker != NULL && troupei_load_acquire_64(&request.state) == ASKED && request.worker == worker &&
	    troupei_cas_acqrel_64(&request.state, ASKED, TAKEN, &seen))
		troupei_store_release_64(&request.state, serve(worker, troupei_frames_pc(context))); /* DONE.store */
	else if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(number, info, context);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(number);
	errno = error;
}

static bool install(void)
{
	struct sigaction ours = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };

	if (installed)
		return true;
	if (!troupei_text_learn() || sigaction(SIGURG, NULL, &before) != 0)
		return false;
	troupei_frames_prepare();
	installed = sigaction(SIGURG, &ours, NULL) == 0;
	return installed;
}

/* Until the handler has served it, for a moment. A signal that is blocked or comes late finds the request gone. */
static enum stall_signal wait_for_service(struct frames *frames)
{
	uint64_t state, seen;

	for (int i = 0; i < WAITS_MAX && troupei_load_acquire_64(&request.state) == ASKED; i++)
		nanosleep(&(struct timespec){ .tv_nsec = WAIT_NS }, NULL);
	if (troupei_cas_acqrel_64(&request.state, ASKED, FREE, &seen))
		return STALL_SILENT;
	while ((state = troupei_load_acquire_64(&request.state)) == TAKEN) /* DONE.store */
		nanosleep(&(struct timespec){ .tv_nsec = WAIT_NS }, NULL);
	*frames = request.frames;
	return state == DONE_EXPOSED ? STALL_EXPOSED : state == DONE_SEEN ? STALL_SEEN : STALL_SILENT;
}

enum stall_signal troupei_stall_signal(struct actor_worker *worker, const struct stall_sign *sign, bool expose_it,
                                       struct frames *frames)
{
	enum stall_signal came = STALL_SILENT;
	uint32_t tid = troupei_load_relaxed_32(&worker->base.tid);

	frames->count = 0;
	pthread_mutex_lock(&lock);
	if (tid != 0 && install()) {
		request.worker = worker;
		request.sign = *sign;
		request.expose = expose_it;
		request.frames.count = 0;
		troupei_store_release_64(&request.state, ASKED); /* ASKED.store */
		if (syscall(SYS_tgkill, getpid(), (pid_t)tid, SIGURG) == 0)
			came = wait_for_service(frames);
		troupei_store_release_64(&request.state, FREE);
	}
	pthread_mutex_unlock(&lock);
	return came;
}

/* ---------------------------------------------------------------------------------------------------------- telling -- */

static void describe(const struct stall_sign *sign, const troupe_behaviour *behaviour, char *to, size_t size)
{
	int32_t kind = (int32_t)(uint32_t)sign->kind;
	const char *name = troupei_kind_name(behaviour, kind);
	enum part part = (enum part)(sign->kind >> 32);

	if (part != PART_RECEIVE)
		snprintf(to, size, "%s", part == PART_INIT ? "init" : "terminate");
	else if (name[0] != 0)
		snprintf(to, size, "handler of %s", name);
	else
		snprintf(to, size, "handler of %d", kind);
}

/* The calls below the handler are this library's loop, and the same each time. */
static void keep_the_handlers(struct frames *frames)
{
	uint32_t i = 1;

	while (i < frames->count && troupei_text_of(frames->addresses[i]) != TEXT_TROUPE)
		i++;
	if (i < frames->count)
		frames->count = i;
}

void troupei_stall_report(struct actor_worker *worker, const struct stall_sign *sign, int64_t for_ns,
                          const struct frames *frames)
{
	const troupe_behaviour *behaviour = troupei_load_relaxed_ptr(&sign->running->behaviour);
	char what[96], calls[FRAMES_TEXT_MAX] = " not known";
	struct frames own = *frames;

	describe(sign, behaviour, what, sizeof what);
	if (own.count > 0) {
		keep_the_handlers(&own);
		troupei_frames_print(&own, calls, sizeof calls);
	}
	troupei_log(worker->system, "stalled: actor %s (%016llx), its %s runs for %lld ms now; calls:%s",
	            troupei_behaviour_name(behaviour),
	            (unsigned long long)troupei_ref_glance(sign->running).bits_private,
	            what, (long long)(for_ns / 1000000), calls);
}
