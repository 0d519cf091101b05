/* SPDX-License-Identifier: MIT */
/* Plain accesses. The code under test is compiled with -fsanitize=thread, and this stands in for the sanitizer's run-time:
 * each access comes by here before it is made. It is no step, but it is checked (races.c), and it sees the thread's own
 * buffered stores. In a build with the real sanitizer this file is left out. */
#include <string.h>

#include "engine.h"

#define PLACE __builtin_return_address(0)

enum { PLAIN_MAX = 100000 }; /* between two steps: more are a loop that never ends */

static void drain_overlap(struct fiber *self, const char *at, size_t size)
{
	for (unsigned i = 0; i < self->buffered_count; i++) {
		const char *store = self->buffered[i].at;
		if (store < at + size && at < store + self->buffered[i].size) {
			buffer_drain(self);
			return;
		}
	}
}

static void plain(const void *at, size_t size, bool writes, const void *place)
{
	struct fiber *self = engine.current;

	if (++engine.plain_accesses > PLAIN_MAX)
		engine_fail("a loop without steps does not end", place, NULL);
	if (self == NULL || size == 0 || fiber_is_on_stack(self, at))
		return;
	drain_overlap(self, at, size);
	race_access(at, size, writes, false, place);
}

#define PLAIN(size)                                                                                  \
	void __tsan_read##size(void *at);                                                            \
	void __tsan_read##size(void *at) { plain(at, size, false, PLACE); }                          \
	void __tsan_write##size(void *at);                                                           \
	void __tsan_write##size(void *at) { plain(at, size, true, PLACE); }                          \
	void __tsan_unaligned_read##size(void *at);                                                  \
	void __tsan_unaligned_read##size(void *at) { plain(at, size, false, PLACE); }                \
	void __tsan_unaligned_write##size(void *at);                                                 \
	void __tsan_unaligned_write##size(void *at) { plain(at, size, true, PLACE); }                \
	void __tsan_read_write##size(void *at);                                                      \
	void __tsan_read_write##size(void *at) { plain(at, size, true, PLACE); }                     \
	void __tsan_unaligned_read_write##size(void *at);                                            \
	void __tsan_unaligned_read_write##size(void *at) { plain(at, size, true, PLACE); }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_read_range(void *at, size_t size);
void __tsan_read_range(void *at, size_t size)
{
	plain(at, size, false, PLACE);
}

void __tsan_write_range(void *at, size_t size);
void __tsan_write_range(void *at, size_t size)
{
	plain(at, size, true, PLACE);
}

/* clang has calls for these; gcc calls libc's, which is not looked at. */
void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memcpy(void *to, const void *from, size_t size)
{
	plain(from, size, false, PLACE);
	plain(to, size, true, PLACE);
	return memcpy(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, size_t size);
void *__tsan_memmove(void *to, const void *from, size_t size)
{
	plain(from, size, false, PLACE);
	plain(to, size, true, PLACE);
	return memmove(to, from, size);
}

void *__tsan_memset(void *at, int byte, size_t size);
void *__tsan_memset(void *at, int byte, size_t size)
{
	plain(at, size, true, PLACE);
	return memset(at, byte, size);
}

/* An _Atomic variable of the code under test (base/memory.c, of a seam that no scenario uses). */
uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order);
uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order)
{
	(void)order;
	return *at;
}

void __tsan_atomic64_store(volatile uint64_t *at, uint64_t value, int order);
void __tsan_atomic64_store(volatile uint64_t *at, uint64_t value, int order)
{
	(void)order;
	*at = value;
}

void __tsan_init(void);
void __tsan_init(void)
{
}
void __tsan_func_entry(void *call);
void __tsan_func_entry(void *call)
{
	(void)call;
}
void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}
