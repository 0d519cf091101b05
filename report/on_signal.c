/* SPDX-License-Identifier: MIT */
/* Reports whenever a signal comes. The handler only says which signal it was and posts a semaphore; one thread of the process, made
 * for the first system that asks and ended with the last, writes.
 *
 *   O1  Who asked is in a table with a place for each system number, behind `lock`. The thread copies what it needs, and enters
 *       the system's gate before it looks at it: so a system that ends waits for a report under way, and for nothing else.
 *   O2  Handlers and the thread are set up and taken down with `admin` held, which neither handler nor thread takes. */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "actors/remote.h"
#include "report/report.h"

struct subscriber {
	struct troupei_system *system; /* NULL: none */
	int signal;
	troupe_report_options options;
	bool due;
};

static pthread_mutex_t admin = PTHREAD_MUTEX_INITIALIZER, lock = PTHREAD_MUTEX_INITIALIZER;
static struct subscriber subscribers[UINT8_MAX + 1];
static uint32_t users[NSIG], users_in_all; /* O2 */
static struct sigaction before[NSIG];
static uint8_t came[NSIG];                 /* handlers set it */
static sem_t wake;
static pthread_t thread;
static uint32_t stop;

static void handle(int signal)
{
	int error = errno;

	troupei_store_relaxed_8(&came[signal], 1); /* the semaphore orders it */
	sem_post(&wake);
	errno = error;
}

/* ------------------------------------------------------------------------------------------------------ the thread -- */

static void mark_due(void)
{
	pthread_mutex_lock(&lock);
	for (int signal = 1; signal < NSIG; signal++) {
		if (troupei_load_relaxed_8(&came[signal]) == 0)
			continue;
		troupei_store_relaxed_8(&came[signal], 0); /* another that comes now posts once more */
		for (unsigned id = 0; id <= UINT8_MAX; id++)
			subscribers[id].due |= subscribers[id].system != NULL && subscribers[id].signal == signal;
	}
	pthread_mutex_unlock(&lock);
}

static void log_line(void *context, const char *text)
{
	struct troupei_system *system = context;

	if (system->log != NULL)
		system->log(system->context, text);
	else
		fprintf(stderr, "%s\n", text);
}

/* O1 */
static void write_if_due(uint8_t id)
{
	struct gate_pass pass;

	pthread_mutex_lock(&lock);
	struct subscriber subscriber = subscribers[id];
	subscribers[id].due = false;
	pthread_mutex_unlock(&lock);
	if (subscriber.system == NULL || !subscriber.due)
		return;
	struct troupei_system *system = troupei_gate_enter(id, &pass);
	if (system == NULL)
		return;
	if (subscriber.options.line == NULL) {
		subscriber.options.line = log_line;
		subscriber.options.context = system;
	}
	if (system == subscriber.system)
		troupe_ignore(troupei_report_write(system, &subscriber.options)); /* no memory: no report */
	troupei_gate_leave(&pass);
}

static void *write_reports(void *argument)
{
	while (troupei_load_acquire_32(&stop) == 0) {
		if (sem_wait(&wake) != 0)
			continue;
		mark_due();
		for (unsigned id = 1; id <= UINT8_MAX; id++)
			write_if_due((uint8_t)id);
	}
	return argument;
}

/* No signal is handled on it: so that it is not the one that is interrupted while it writes. */
static bool start_thread(void)
{
	sigset_t all, was;

	sem_init(&wake, 0, 0);
	troupei_store_release_32(&stop, 0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	bool started = pthread_create(&thread, NULL, write_reports, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return started;
}

/* The semaphore stays: a handler may be about to post it. */
static void stop_thread(void)
{
	troupei_store_release_32(&stop, 1);
	sem_post(&wake);
	pthread_join(thread, NULL);
}

/* -------------------------------------------------------------------------------------------- setting up: O2, admin -- */

static troupe_status begin_signal(int signal)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };

	if (users_in_all == 0 && !start_thread())
		return TROUPE_ETHREAD;
	sigemptyset(&action.sa_mask);
	if (users[signal] == 0 && sigaction(signal, &action, &before[signal]) != 0) {
		if (users_in_all == 0)
			stop_thread();
		return TROUPE_EINVAL;
	}
	users[signal]++;
	users_in_all++;
	return TROUPE_OK;
}

/* One that was installed over ours meanwhile stays. */
static void end_signal(int signal)
{
	struct sigaction now;

	if (--users[signal] == 0 && sigaction(signal, NULL, &now) == 0 && now.sa_handler == handle)
		sigaction(signal, &before[signal], NULL);
	if (--users_in_all == 0)
		stop_thread();
}

/* Put it into the table; the signal of the one that was there. 0: nobody. */
static int replace(uint8_t id, const struct subscriber *subscriber)
{
	pthread_mutex_lock(&lock);
	int signal = subscribers[id].system != NULL ? subscribers[id].signal : 0;
	subscribers[id] = *subscriber;
	pthread_mutex_unlock(&lock);
	return signal;
}

static void ended(struct troupei_system *system);

static troupe_status subscribe(uint8_t id, const struct subscriber *subscriber)
{
	troupe_status status = TROUPE_OK;

	pthread_mutex_lock(&admin);
	if (subscriber->system != NULL) {
		subscriber->system->ended = ended; /* looked at when nobody is in the gate any more */
		status = begin_signal(subscriber->signal);
	}
	int signal = status == TROUPE_OK ? replace(id, subscriber) : 0;
	if (signal != 0)
		end_signal(signal);
	pthread_mutex_unlock(&admin);
	return status;
}

static void ended(struct troupei_system *system)
{
	troupe_ignore(subscribe(system->id, &(struct subscriber){ 0 }));
}

/* ------------------------------------------------------------------------------------------------------ public face -- */

static bool signal_is_free(int signal)
{
	return signal > 0 && signal < NSIG && signal != SIGSEGV && signal != SIGBUS && signal != SIGFPE && signal != SIGILL &&
	       signal != SIGABRT && signal != SIGURG;
}

troupe_status troupe_system_report_on(troupe_system handle_of, int signal, const troupe_report_options *given)
{
	struct subscriber subscriber = { .signal = signal };
	struct gate_pass pass;

	if (handle_of.private_ == NULL)
		return TROUPE_EINVAL;
	if (signal != 0 && (!signal_is_free(signal) || !troupei_report_options_read(&subscriber.options, given)))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	if (troupei_actor_worker() != NULL)
		return TROUPE_ECONTEXT;
	struct troupei_system *system = troupei_gate_enter(handle_of.private_->id, &pass);
	if (system == NULL)
		return TROUPE_ECLOSED;
	subscriber.system = signal != 0 ? system : NULL;
	troupe_status status = subscribe(system->id, &subscriber);
	troupei_gate_leave(&pass);
	return status;
}
