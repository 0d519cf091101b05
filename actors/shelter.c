/* SPDX-License-Identifier: MIT */
/* A worker's stack for signals, without which an overflow of its own could not be handled. */
#include <sys/mman.h>
#include <unistd.h>

#include "actors/shelter.h"
#include "base/memory.h"
#include "base/threads.h"

enum {
	SIGNAL_STACK_SIZE = 128 * 1024, /* for the kernel's frame of registers, the unwinder, a sanitizer */
	/* Addresses that nobody can reach, below it and above. So far apart valgrind takes a jump from this stack to the thread's
	 * for what it is, and not for a frame that was dropped with all that lies between. */
	APART = 4 << 20,
};

/* A page for the shelter itself, nothing, the stack, nothing: only what is touched takes memory. */
static struct shelter *map(size_t page, size_t whole)
{
	char *low = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (low == MAP_FAILED)
		return NULL;
	if (mprotect(low, page, PROT_READ | PROT_WRITE) == 0 &&
	    mprotect(low + page + APART, SIGNAL_STACK_SIZE, PROT_READ | PROT_WRITE) == 0)
		return (struct shelter *)low;
	munmap(low, whole);
	return NULL;
}

bool troupei_shelter_make(struct actor_worker *worker)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = page + 2 * APART + SIGNAL_STACK_SIZE;

	if (worker->shelter != NULL)
		return true;
	if (troupei_memory_refuses(whole))
		return false;
	struct shelter *shelter = map(page, whole);
	if (shelter == NULL)
		return false;
	shelter->stack = (stack_t){ .ss_sp = (char *)shelter + page + APART, .ss_size = SIGNAL_STACK_SIZE };
	shelter->whole_size = whole;
	/* SHELTER.store, release, pairs with the load of the worker's first contained turn. */
	troupei_store_release_ptr(&worker->shelter, shelter);
	return true;
}

void troupei_shelter_enter(struct actor_worker *worker)
{
	struct shelter *shelter = worker->shelter;

	if (shelter == NULL)
		return;
	troupei_thread_stack(&shelter->stack_low, &shelter->guard_size);
	shelter->entered = sigaltstack(&shelter->stack, &shelter->before) == 0;
}

void troupei_shelter_leave(struct actor_worker *worker)
{
	struct shelter *shelter = worker->shelter;

	if (shelter != NULL && shelter->entered)
		sigaltstack(&shelter->before, NULL); /* a sanitizer frees what it finds there */
	if (shelter != NULL)
		shelter->entered = false;
}

void troupei_shelter_free(struct actor_worker *worker)
{
	struct shelter *shelter = worker->shelter;

	if (shelter == NULL)
		return;
	troupei_shelter_leave(worker);
	worker->shelter = NULL;
	munmap(shelter, shelter->whole_size);
}
