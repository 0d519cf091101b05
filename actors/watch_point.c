/* SPDX-License-Identifier: MIT */
/* Lists of watchers, by slot. P1, P2: watch_point.h. */
#include "actors/watch_point.h"

#include <sys/mman.h>

#include "actors/ask.h"
#include "base/memory.h"

enum { LOCKS = 256, LISTS = 3 };

struct watch_point {
	struct watch_node *first[LISTS];
};

struct point_lock {
	pthread_mutex_t mutex;
} __attribute__((aligned(TROUPEI_CACHE_LINE)));

static struct watch_point *points;
static struct point_lock locks[LOCKS];
static pthread_mutex_t ready_lock = PTHREAD_MUTEX_INITIALIZER;

static struct watch_point *reserve_range(void)
{
	size_t size = (size_t)SLOTS_MAX * sizeof(struct watch_point);

	if (troupei_memory_refuses(size))
		return NULL;
	void *range = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return range != MAP_FAILED ? range : NULL;
}

bool troupei_points_exist(void)
{
	return troupei_load_acquire_ptr(&points) != NULL;
}

bool troupei_points_ready(void)
{
	/* READY.load, acquire, pairs with READY.store: who sees the range sees the locks made. */
	if (troupei_likely(troupei_points_exist()))
		return true;
	pthread_mutex_lock(&ready_lock);
	struct watch_point *range = points != NULL ? points : reserve_range();
	if (range != NULL && points == NULL) {
		for (unsigned i = 0; i < LOCKS; i++)
			pthread_mutex_init(&locks[i].mutex, NULL);
		troupei_store_release_ptr(&points, range); /* READY.store */
	}
	pthread_mutex_unlock(&ready_lock);
	return range != NULL;
}

/* ----------------------------------------------------------------------------------------------------------- locks -- */

static unsigned lock_of(troupe_ref of)
{
	return troupei_ref_slot(of) % LOCKS;
}

void troupei_point_lock(troupe_ref of)
{
	pthread_mutex_lock(&locks[lock_of(of)].mutex);
}

void troupei_point_unlock(troupe_ref of)
{
	pthread_mutex_unlock(&locks[lock_of(of)].mutex);
}

void troupei_points_lock(troupe_ref one, troupe_ref other)
{
	unsigned a = lock_of(one), b = lock_of(other);

	pthread_mutex_lock(&locks[a < b ? a : b].mutex);
	if (a != b)
		pthread_mutex_lock(&locks[a < b ? b : a].mutex);
}

void troupei_points_unlock(troupe_ref one, troupe_ref other)
{
	troupei_point_unlock(one);
	if (lock_of(one) != lock_of(other))
		troupei_point_unlock(other);
}

bool troupei_point_is_open(troupe_ref of)
{
	struct cell *cell = troupei_ref_cell(of);

	if (cell == NULL || troupei_cell_is_proxy(cell)) /* an address in disguise */
		return false;
	/* MONITOR.or, full, pairs with END.generation (lifecycle.c): P2. Without the order the actor could end and not look
	 * here, while we still see it alive. */
	troupei_or_full_8(&cell->signals, SIGNAL_WATCHED);
	return troupei_ref_cell(of) == cell;
}

/* ----------------------------------------------------------------------------------------------------------- lists -- */

static struct watch_node **first_of(troupe_ref of, uint8_t list)
{
	return &points[troupei_ref_slot(of)].first[list - 1];
}

void troupei_point_hang(struct watch_node *node, enum watch_list list)
{
	struct watch_node **first = first_of(node->of, (uint8_t)list);

	node->list = (uint8_t)list;
	if (*first == NULL) {
		*first = node->next = node->previous = node;
		return;
	}
	node->next = *first;
	node->previous = (*first)->previous;
	node->previous->next = node;
	(*first)->previous = node;
}

void troupei_point_take_off(struct watch_node *node)
{
	if (node->list == WATCH_NOWHERE)
		return;
	struct watch_node **first = first_of(node->of, node->list);
	node->previous->next = node->next;
	node->next->previous = node->previous;
	if (*first == node)
		*first = node->next != node ? node->next : NULL;
	node->list = WATCH_NOWHERE;
}

struct watch_node *troupei_point_first(troupe_ref of, enum watch_list list)
{
	return *first_of(of, (uint8_t)list);
}

struct watch_node *troupei_point_next(const struct watch_node *node)
{
	return node->next != *first_of(node->of, node->list) ? node->next : NULL;
}
