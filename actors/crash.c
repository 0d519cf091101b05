/* SPDX-License-Identifier: MIT */
/* The signal handler. Rules H1 to H4: crash.h. */
#include "actors/crash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "actors/blocking.h"
#include "actors/spawn.h"
#include "base/callback.h"
#include "base/clock.h"
#include "base/text.h"

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static const char *const names[] = { "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT" };
enum { SIGNALS = sizeof signals / sizeof *signals };

static struct sigaction before[SIGNALS]; /* who handled them */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool installed;

static unsigned index_of(int number)
{
	unsigned i = 0;

	while (i < SIGNALS - 1 && signals[i] != number)
		i++;
	return i;
}

const char *troupei_crash_signal_name(int number)
{
	return names[index_of(number)];
}

/* --------------------------------------------------------------------------------------------------- what crashed -- */

struct place {
	uintptr_t pc, sp;
};

static struct place place_of(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (struct place){ (uintptr_t)context->uc_mcontext.gregs[REG_RIP], (uintptr_t)context->uc_mcontext.gregs[REG_RSP] };
#elif defined(__aarch64__)
	return (struct place){ (uintptr_t)context->uc_mcontext.pc, (uintptr_t)context->uc_mcontext.sp };
#else
#error "where does this processor keep its program counter?"
#endif
}

/* A call to nowhere: who made it stands on top of the stack. 0: not known. */
static uintptr_t caller_of_nowhere(struct place place)
{
#if defined(__x86_64__)
	return *(const uintptr_t *)place.sp;
#else
	(void)place;
	return 0;
#endif
}

static bool is_raised(const siginfo_t *info)
{
	return info->si_code == SI_TKILL && info->si_pid == getpid();
}

/* H3 for a signal that the thread sends itself: what the handler called. */
static bool raises_alone(const char *name)
{
	static const char *const known[] = { "abort", "raise", "gsignal", "pthread_kill", "__assert_fail" };

	for (unsigned i = 0; name != NULL && i < sizeof known / sizeof *known; i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return false;
}

/* H2 and H3 for the calls that led here. NULL: it is the handler's own; else why it is not. */
static const char *refuse_place(const struct frames *frames, bool raised)
{
	uint32_t i = 0, in_libc = 0;
	enum text text = TEXT_PROGRAM;

	for (; i < frames->count; i++) {
		text = troupei_text_of(frames->addresses[i]);
		if (text != TEXT_LIBC && text != TEXT_SANITIZER)
			break;
		in_libc += text == TEXT_LIBC;
	}
	if (i == frames->count)
		return "inside the C library, called from nobody knows where";
	if (text == TEXT_TROUPE)
		return "inside the library";
	if (in_libc == 0)
		return raised ? "the signal was sent" : NULL;
	const char *name = troupei_frames_symbol(frames->addresses[i - 1] - 1);
	if (raised ? raises_alone(name) : in_libc == 1 && name == NULL)
		return NULL;
	return "inside the C library, which may hold a lock";
}

static void follow(struct crash *crash, struct place place)
{
	uintptr_t caller;

	crash->following = true;
	if (troupei_text_exists(place.pc)) {
		troupei_frames_collect(&crash->frames, place.pc);
	} else {
		caller = caller_of_nowhere(place);
		crash->frames = (struct frames){ .count = 2, .addresses = { place.pc, caller } };
	}
	crash->following = false;
}

/* The calls below the handler are this library's loop, and the same each time. */
static void keep_the_handlers(struct frames *frames)
{
	uint32_t i = 1;

	while (i < frames->count && troupei_text_of(frames->addresses[i]) != TEXT_TROUPE)
		i++;
	frames->count = i;
}

/* A program's own place that is in no file: nowhere, or made while it ran. It must have been called from one that is. */
static const char *refuse_nowhere(const struct frames *frames, uintptr_t pc)
{
	if (troupei_text_exists(pc))
		return NULL;
	if (frames->addresses[1] == 0 || !troupei_text_exists(frames->addresses[1]))
		return "it jumped to nowhere, from nobody knows where";
	return troupei_text_of(frames->addresses[1]) == TEXT_PROGRAM ? NULL : "inside the library";
}

/* ------------------------------------------------------------------------------------------------------ may it jump -- */

/* H4. A race of two workers at the border of two times may lose one of the count. */
static bool one_too_many(struct troupei_system *system)
{
	uint64_t now = (uint64_t)troupei_clock_ns(), since = troupei_load_relaxed_64(&system->crashes_since_ns);

	if (system->crashes_max == UINT64_MAX)
		return false;
	if (since == 0 || now - since > (uint64_t)system->crashes_within_ns) {
		troupei_store_relaxed_64(&system->crashes_since_ns, now);
		troupei_store_relaxed_64(&system->crashes_since, 0);
	}
	return troupei_add_full_64(&system->crashes_since, 1) >= system->crashes_max;
}

static bool near_stack_end(const struct shelter *shelter, uintptr_t address, uintptr_t sp)
{
	uintptr_t reach = shelter->guard_size + 65536; /* the probe of a large frame lies below it */

	return shelter->stack_low > reach && address >= shelter->stack_low - reach &&
	       address < shelter->stack_low + reach && sp < shelter->stack_low + reach;
}

static const char *refuse(struct actor_worker *worker, int number, const siginfo_t *info, const ucontext_t *context)
{
	struct crash *crash = worker->shelter != NULL ? &worker->shelter->crash : NULL;
	struct place place = place_of(context);
	const char *why;

	if (worker->running == NULL)
		return "between turns"; /* H1 */
	if (troupei_isolation(worker->running->behaviour) != TROUPE_CONTAINED || crash == NULL)
		return "the actor is not contained"; /* H1 */
	if (troupei_in_callback())
		return "in a hook or a release function";
	if (info->si_code <= 0 && !is_raised(info))
		return "the signal was sent";
	if (crash->following)
		return "following its calls crashed too";
	follow(crash, place);
	if ((why = refuse_nowhere(&crash->frames, place.pc)) != NULL)
		return why;
	if (troupei_text_exists(place.pc) && (why = refuse_place(&crash->frames, is_raised(info))) != NULL)
		return why;
	if (one_too_many(worker->system))
		return "there were too many crashes in too short a time";
	keep_the_handlers(&crash->frames);
	crash->signal = number;
	crash->address = is_raised(info) ? place.pc : (uintptr_t)info->si_addr;
	crash->overflows = number == SIGSEGV && near_stack_end(worker->shelter, crash->address, place.sp);
	/* The kernel writes as many bytes as there are signals, which is less than sigset_t holds. */
	sigemptyset(&crash->mask);
	memcpy(&crash->mask, &context->uc_sigmask, _NSIG / 8);
	return NULL;
}

/* ----------------------------------------------------------------------------------------------------- or whom to ask -- */

static void report(struct actor_worker *worker, int number, const siginfo_t *info, const ucontext_t *context,
                   const char *why)
{
	const char *name = worker->running != NULL ? troupei_behaviour_name(worker->running->behaviour) : "nobody";
	char line[256];
	int length = snprintf(line, sizeof line, "troupe: %s at %p, pc 0x%llx, in a turn of actor %s; not contained: %s\n",
	                      troupei_crash_signal_name(number), info->si_addr,
	                      (unsigned long long)place_of(context).pc,
	                      name, why);

	if (length > 0 && write(STDERR_FILENO, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1) < 0)
		return; /* nobody to tell */
}

/* The default: the process ends where it crashed. A fault comes again when we return; one that was sent does not. */
static void die(int number, const siginfo_t *info)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };

	sigaction(number, &by_default, NULL);
	if (info->si_code <= 0)
		raise(number);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	struct actor_worker *worker = troupei_actor_worker();
	const struct sigaction *old = &before[index_of(number)];
	const char *why = NULL;
	int error = errno;

	if (worker != NULL) {
		why = refuse(worker, number, info, context);
		if (why == NULL)
			troupei_worker_escape(&worker->base);
	}
	if (old->sa_flags & SA_SIGINFO) {
		old->sa_sigaction(number, info, context);
	} else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
		old->sa_handler(number);
	} else if (old->sa_handler == SIG_DFL || info->si_code > 0) {
		if (why != NULL)
			report(worker, number, info, context, why);
		die(number, info);
	}
	errno = error;
}

/* -------------------------------------------------------------------------------------------------------- beginning -- */

/* SA_NODEFER: a handler that is left by a jump leaves no signal blocked behind. */
static void install(void)
{
	struct sigaction ours = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	troupei_frames_prepare();
	for (unsigned i = 0; i < SIGNALS; i++)
		sigaction(signals[i], NULL, &before[i]);
	for (unsigned i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &ours, NULL);
	installed = true;
}

bool troupei_crash_prepare(struct troupei_system *system)
{
	bool prepared = true;

	if (troupei_load_acquire_8(&system->contains) != 0) /* CONTAINS.store */
		return true;
	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; prepared && i < troupei_scheduler_workers(&system->scheduler); i++)
		prepared = troupei_shelter_make((struct actor_worker *)system->scheduler.workers[i]);
	prepared = prepared && troupei_text_learn();
	if (prepared && !installed)
		install();
	prepared = prepared && troupei_blocking_contain(system); /* CONTAINS.store: who need not prepare finds all prepared */
	pthread_mutex_unlock(&lock);
	return prepared;
}
