/* SPDX-License-Identifier: MIT */
/* Finding a group by its reference, from any thread: a table of the whole process, with a lock for each bucket, which is also
 * that of the groups in it. Joining and leaving are rare beside sending, and the router locks only when something has changed. */
#include <string.h>

#include "base/memory.h"
#include "groups/group.h"

enum { BUCKETS = 64 };

static struct bucket {
	pthread_mutex_t lock;
	struct group *first;
} __attribute__((aligned(TROUPEI_CACHE_LINE))) buckets[BUCKETS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void locks_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		pthread_mutex_init(&buckets[i].lock, NULL);
}

static struct bucket *bucket_of(troupe_ref ref)
{
	return &buckets[troupei_ref_slot(ref) % BUCKETS];
}

static struct bucket *bucket_lock(troupe_ref ref)
{
	struct bucket *bucket = bucket_of(ref);

	pthread_once(&once, locks_init);
	pthread_mutex_lock(&bucket->lock);
	return bucket;
}

struct group *troupei_group_lock(troupe_ref ref)
{
	struct bucket *bucket = bucket_lock(ref);
	struct group *group = bucket->first;

	while (group != NULL && !troupe_ref_equal(group->ref, ref))
		group = group->next;
	if (group == NULL)
		pthread_mutex_unlock(&bucket->lock);
	return group;
}

void troupei_group_lock_own(troupe_ref ref)
{
	bucket_lock(ref);
}

void troupei_group_unlock(troupe_ref ref)
{
	pthread_mutex_unlock(&bucket_of(ref)->lock);
}

struct group *troupei_group_new(troupe_system system, const troupe_group_options *options)
{
	struct group *group = troupei_allocate(sizeof *group);

	if (group == NULL)
		return NULL;
	memset(group, 0, sizeof *group);
	group->owners = 2;
	group->system = system.private_->id;
	group->routing = options->routing;
	group->key = options->key;
	return group;
}

void troupei_group_free(struct group *group)
{
	troupei_members_fini(&group->joined);
	troupei_members_fini(&group->fresh);
	troupei_members_fini(&group->seen);
	troupei_deallocate(group, sizeof *group);
}

/* G4. Unlocks. */
static void let_go(struct bucket *bucket, struct group *group)
{
	bool last = --group->owners == 0;

	pthread_mutex_unlock(&bucket->lock);
	if (last)
		troupei_group_free(group);
}

void troupei_group_publish(struct group *group, troupe_ref ref)
{
	struct bucket *bucket = bucket_lock(ref);

	group->ref = ref;
	if (!group->ended) {
		group->listed = true;
		group->next = bucket->first;
		bucket->first = group;
	}
	let_go(bucket, group);
}

void troupei_group_end(struct group *group, troupe_ref ref)
{
	struct bucket *bucket = bucket_lock(ref);
	struct group **at = &bucket->first;

	group->ended = true;
	while (group->listed && *at != group)
		at = &(*at)->next;
	if (group->listed)
		*at = group->next;
	let_go(bucket, group);
}
