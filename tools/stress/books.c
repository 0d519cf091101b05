/* SPDX-License-Identifier: MIT */
/* The books: one byte for each number, in a range that is reserved once and given back to the kernel after each round.
 * All operations are relaxed on purpose: the books must not order what Troupe itself does not order. */
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "books.h"

#define NUMBERS_MAX (UINT64_C(1) << 26)
#define BLOCK       16u /* numbers taken at once */
#define STRIPES     16u

struct stripe {
	alignas(64) _Atomic uint64_t counts[KIND_COUNT][COLUMN_COUNT];
};

static _Atomic uint8_t *marks;      /* [number]: bits of enum fate */
static _Atomic uint8_t *owners;     /* [number / BLOCK]: part */
static _Atomic uint64_t numbers_used;
static struct stripe stripes[STRIPES];
static _Thread_local uint64_t letters_here;

static const char *const kind_names[KIND_COUNT] = {
	"?",     "PARCEL",  "LOOSE",  "TINY",     "SPECK",  "MOTE",  "SHARED", "CARGO",
	"LATER", "COMMAND", "REPORT", "QUESTION", "ANSWER", "WRONG", "ONCE",   "AGAIN",
};

static void *reserve(size_t bytes)
{
	void *range = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (range == MAP_FAILED) {
		perror("troupe-stress: no address space for the books");
		exit(2);
	}
	return range;
}

void books_open(void)
{
	marks = reserve(NUMBERS_MAX);
	owners = reserve(NUMBERS_MAX / BLOCK);
	atomic_store_explicit(&numbers_used, BLOCK, memory_order_relaxed);
}

uint64_t books_number(struct numbers *numbers, unsigned part)
{
	if (numbers->next == numbers->end) {
		uint64_t first = atomic_fetch_add_explicit(&numbers_used, BLOCK, memory_order_relaxed);
		if (first + BLOCK > NUMBERS_MAX)
			return 0;
		*numbers = (struct numbers){ first, first + BLOCK };
		atomic_store_explicit(&owners[first / BLOCK], (uint8_t)part, memory_order_relaxed);
	}
	atomic_store_explicit(&marks[numbers->next], FATE_SENT, memory_order_relaxed);
	return numbers->next++;
}

static struct stripe *stripe_mine(void)
{
	static _Atomic unsigned next;
	static _Thread_local unsigned mine;

	if (mine == 0)
		mine = 1 + atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % STRIPES;
	return &stripes[mine - 1];
}

static bool kind_known(int32_t kind)
{
	return kind > 0 && kind < KIND_COUNT;
}

void books_count(int32_t kind, enum column column)
{
	if (kind_known(kind))
		atomic_fetch_add_explicit(&stripe_mine()->counts[kind][column], 1, memory_order_relaxed);
}

static uint64_t column_of(int32_t kind, enum column column)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < STRIPES; i++)
		sum += atomic_load_explicit(&stripes[i].counts[kind][column], memory_order_relaxed);
	return sum;
}

uint64_t books_sum(enum column column)
{
	uint64_t sum = 0;

	for (int32_t kind = 1; kind < KIND_COUNT; kind++)
		sum += column_of(kind, column);
	return sum;
}

void books_unsend(uint64_t number, int32_t kind)
{
	if (number != 0)
		atomic_store_explicit(&marks[number], 0, memory_order_relaxed);
	if (kind_known(kind))
		atomic_fetch_sub_explicit(&stripe_mine()->counts[kind][COLUMN_SENT], 1, memory_order_relaxed);
}

static enum column column_for(enum fate fate)
{
	return fate == FATE_HANDLED ? COLUMN_HANDLED : fate == FATE_DEAD ? COLUMN_DEAD : COLUMN_RETURNED;
}

void books_mark(uint64_t number, int32_t kind, enum fate fate)
{
	books_count(kind, column_for(fate));
	if (number == 0)
		return;
	if (number >= NUMBERS_MAX) {
		finding("a message has the number %llu, which was never given", (unsigned long long)number);
		return;
	}
	unsigned before = atomic_fetch_or_explicit(&marks[number], (uint8_t)fate, memory_order_relaxed);
	if ((before & FATE_SENT) == 0)
		finding("message %llu (%s) arrived without having been sent", (unsigned long long)number, kind_names[kind]);
	if ((before & (FATE_HANDLED | FATE_DEAD | FATE_RETURNED)) != 0)
		finding("message %llu (%s) was seen twice: marks 0x%x, then 0x%x", (unsigned long long)number,
		        kind_names[kind], before, (unsigned)fate);
}

bool books_seen(uint64_t number)
{
	return (atomic_load_explicit(&marks[number], memory_order_relaxed) & (FATE_HANDLED | FATE_DEAD | FATE_RETURNED)) != 0;
}

void books_excuse(uint64_t number)
{
	if (number != 0)
		atomic_fetch_or_explicit(&marks[number], FATE_EXCUSED, memory_order_relaxed);
}

uint64_t books_letters_here(void)
{
	return letters_here;
}

void books_letter(const troupe_dead_letter *letter)
{
	enum fate fate = letter->kind == TROUPE_RETURNED ? FATE_RETURNED : FATE_DEAD;
	const struct note *note = letter->data;

	letters_here++;
	if (letter->to_name == NULL || letter->kind_name == NULL || letter->why == TROUPE_OK)
		finding("a dead letter (kind %d) without a name or a reason", (int)letter->kind);
	if (letter->kind == KIND_ONCE || letter->kind == KIND_AGAIN)
		return;
	if (fate == FATE_DEAD && !kind_known(letter->kind))
		return;
	if (letter->kind == KIND_SPECK || letter->kind == KIND_MOTE) {
		speck_check(letter->data, letter->size, letter->kind);
		books_mark(letter->kind == KIND_SPECK ? ((const struct speck *)letter->data)->number : 0, letter->kind, FATE_DEAD);
	} else if (letter->size < sizeof *note) {
		tiny_check(letter->data, letter->size);
		books_mark(0, KIND_TINY, fate);
	} else if (note_check(note, letter->size, fate == FATE_DEAD ? letter->kind : note->kind)) {
		books_mark(note->number, note->kind, fate);
	}
}

/* Every number that was sent must have been seen. Says so for the first few, and how many there are. */
static void check_numbers(uint64_t used, const char *const *part_names, unsigned parts)
{
	uint64_t lost = 0, excused = 0;

	for (uint64_t number = BLOCK; number < used; number++) {
		unsigned mark = atomic_load_explicit(&marks[number], memory_order_relaxed);
		if ((mark & FATE_SENT) == 0 || (mark & (FATE_HANDLED | FATE_DEAD | FATE_RETURNED)) != 0)
			continue;
		unsigned part = atomic_load_explicit(&owners[number / BLOCK], memory_order_relaxed);
		if ((mark & FATE_EXCUSED) != 0)
			excused++;
		else if (++lost <= 3)
			finding("message %llu was sent and never seen (sender in part %u, %s)", (unsigned long long)number, part,
			        part < parts ? part_names[part] : "?");
	}
	if (lost > 3)
		finding("%llu messages were sent and never seen", (unsigned long long)lost);
	uint64_t expected = books_sum(COLUMN_EXCUSED);
	if (excused > expected)
		finding("the tool's books are wrong: %llu marks excused, %llu counted", (unsigned long long)excused,
		        (unsigned long long)expected);
}

/* Excused ones may have been seen or not: the sum lies between. */
static void check_kind(int32_t kind)
{
	uint64_t sent = column_of(kind, COLUMN_SENT), excused = column_of(kind, COLUMN_EXCUSED);
	uint64_t handled = column_of(kind, COLUMN_HANDLED), dead = column_of(kind, COLUMN_DEAD);
	uint64_t returned = column_of(kind, COLUMN_RETURNED), seen = handled + dead + returned;

	if (seen > sent || seen + excused < sent)
		finding("%s: %llu sent, but %llu handled + %llu dead + %llu returned (%llu excused)", kind_names[kind],
		        (unsigned long long)sent, (unsigned long long)handled, (unsigned long long)dead,
		        (unsigned long long)returned, (unsigned long long)excused);
}

/* One by one: the watchdog may be reading them. */
static void counts_clear(void)
{
	for (unsigned i = 0; i < STRIPES; i++)
		for (int32_t kind = 0; kind < KIND_COUNT; kind++)
			for (unsigned column = 0; column < sizeof stripes[i].counts[kind] / sizeof stripes[i].counts[kind][0]; column++)
				atomic_store_explicit(&stripes[i].counts[kind][column], 0, memory_order_relaxed);
}

void books_close(const char *const *part_names, unsigned parts)
{
	uint64_t used = atomic_load_explicit(&numbers_used, memory_order_relaxed);

	used = used < NUMBERS_MAX ? used : NUMBERS_MAX;
	check_numbers(used, part_names, parts);
	for (int32_t kind = 1; kind < KIND_COUNT; kind++)
		check_kind(kind);
	counts_clear();
	madvise((void *)marks, NUMBERS_MAX, MADV_DONTNEED);
	madvise((void *)owners, NUMBERS_MAX / BLOCK, MADV_DONTNEED);
	atomic_store_explicit(&numbers_used, BLOCK, memory_order_relaxed);
}
