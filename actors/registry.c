/* SPDX-License-Identifier: MIT */
/* The registry: one entry a name, in two indexes, by name and by actor, of 64 locks and tables each.
 *
 *     by name    shard -> bucket -> entry -> entry ...         chain[BY_NAME]
 *     by actor   shard -> bucket -> entry -> entry ...         chain[BY_ACTOR]: an actor's leader only
 *                                     |
 *                                   entry, entry ...           next, previous: the actor's other names
 *
 * Locks: an entry's name shard first, then its actor shard; never two shards of one index. remove_actor
 * comes from the other side, so it never holds both: it takes the actor's entries out of the index by
 * actor (they are claimed then), unlocks, and goes for their name shards one by one.
 *
 *   R1  An entry is in the index by name exactly while it is named (name shard's lock).
 *   R2  It is in the index by actor, as the leader or behind it, exactly while it is not claimed (actor
 *       shard's lock).
 *   R3  Who takes the name from an entry that is not claimed frees it. A claimed one is freed by
 *       remove_actor alone, after it had the name shard's lock: so who holds that lock may look at any named
 *       entry, and remove_actor may follow the list that it took out.
 *   R4  name, hash and ref_bits never change: a name that passes to another actor gets a new entry. */
#include "actors/registry.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "troupe/registry.h"

enum { BY_NAME, BY_ACTOR, INDEXES };

enum {
	SHARD_BITS = 6,
	SHARDS = 1 << SHARD_BITS,
	BUCKETS_FIRST = 8
};

struct entry {
	struct entry *chain[INDEXES];  /* the next in the same bucket; BY_ACTOR: of leaders only */
	struct entry *next, *previous; /* of the same actor; previous NULL: the leader */
	uint64_t hash;                 /* of the name */
	uint64_t ref_bits;
	bool named;                    /* R1 */
	bool claimed;                  /* R2 */
	char name[];
};

/* A hash table of chains; it doubles when it has as many entries as buckets. */
struct table {
	struct entry **buckets; /* NULL: none yet */
	size_t bucket_count;    /* 0 or a power of two */
	size_t count;
};

struct shard {
	pthread_mutex_t lock;
	struct table table;
};

struct registry {
	struct shard shards[INDEXES][SHARDS];
};

/* ----------------------------------------------------------------------------------- hashes and tables -- */

/* The finaliser of MurmurHash3 (A. Appleby): every bit of the result depends on every bit given. */
static uint64_t mixed(uint64_t bits)
{
	bits = (bits ^ bits >> 33) * UINT64_C(0xff51afd7ed558ccd);
	bits = (bits ^ bits >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return bits ^ bits >> 33;
}

/* FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), 64 bits. */
static uint64_t hash_of_name(const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return mixed(hash);
}

static uint64_t hash_by(int index, const struct entry *entry)
{
	return index == BY_NAME ? entry->hash : mixed(entry->ref_bits);
}

/* The lower bits choose the bucket; the upper ones have chosen the shard. */
static struct entry **table_bucket(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

static struct entry *table_first(const struct table *table, uint64_t hash)
{
	return table->buckets == NULL ? NULL : *table_bucket(table, hash);
}

static void table_link(struct table *table, int index, struct entry *entry)
{
	struct entry **bucket = table_bucket(table, hash_by(index, entry));

	entry->chain[index] = *bucket;
	*bucket = entry;
	table->count++;
}

static void table_unlink(struct table *table, int index, struct entry *entry)
{
	struct entry **link = table_bucket(table, hash_by(index, entry));

	while (*link != entry)
		link = &(*link)->chain[index];
	*link = entry->chain[index];
	table->count--;
}

static void table_free(struct table *table)
{
	troupei_deallocate(table->buckets, table->bucket_count * sizeof(struct entry *));
}

static bool table_grow(struct table *table, int index)
{
	size_t bucket_count = table->bucket_count > 0 ? 2 * table->bucket_count : BUCKETS_FIRST;
	struct table grown = { .bucket_count = bucket_count };
	struct entry *next;

	grown.buckets = troupei_allocate(bucket_count * sizeof(struct entry *));
	if (grown.buckets == NULL)
		return false;
	for (size_t i = 0; i < bucket_count; i++)
		grown.buckets[i] = NULL;
	for (size_t i = 0; i < table->bucket_count; i++)
		for (struct entry *entry = table->buckets[i]; entry != NULL; entry = next) {
			next = entry->chain[index];
			table_link(&grown, index, entry);
		}
	table_free(table);
	*table = grown;
	return true;
}

/* Room for one more. False: no memory. */
static bool table_reserve(struct table *table, int index)
{
	return table->count < table->bucket_count || table_grow(table, index);
}

/* --------------------------------------------------------------------------------------------- entries -- */

static size_t entry_size(const char *name)
{
	return offsetof(struct entry, name) + strlen(name) + 1;
}

/* In no index yet. NULL: no memory. */
static struct entry *entry_create(const char *name, uint64_t hash, uint64_t ref_bits)
{
	struct entry *entry = troupei_allocate(entry_size(name));

	if (entry == NULL)
		return NULL;
	entry->next = entry->previous = NULL;
	entry->hash = hash;
	entry->ref_bits = ref_bits;
	entry->named = false;
	entry->claimed = false;
	memcpy(entry->name, name, strlen(name) + 1);
	return entry;
}

static void entry_destroy(struct entry *entry)
{
	troupei_deallocate(entry, entry_size(entry->name));
}

static void destroy_entries(struct table *names)
{
	struct entry *next;

	for (size_t i = 0; i < names->bucket_count; i++)
		for (struct entry *entry = names->buckets[i]; entry != NULL; entry = next) {
			next = entry->chain[BY_NAME];
			entry_destroy(entry);
		}
}

static void shard_init(struct shard *shard)
{
	pthread_mutex_init(&shard->lock, NULL); /* without attributes it cannot fail on Linux */
	shard->table = (struct table){ NULL, 0, 0 };
}

static void shard_fini(struct shard *shard)
{
	table_free(&shard->table);
	pthread_mutex_destroy(&shard->lock);
}

static struct shard *shard_lock(struct registry *registry, int index, uint64_t hash)
{
	struct shard *shard = &registry->shards[index][hash >> (64 - SHARD_BITS)];

	pthread_mutex_lock(&shard->lock);
	return shard;
}

static void shard_unlock(struct shard *shard)
{
	pthread_mutex_unlock(&shard->lock);
}

static struct entry *name_entry(const struct shard *names, const char *name, uint64_t hash)
{
	struct entry *entry = table_first(&names->table, hash);

	while (entry != NULL && (entry->hash != hash || strcmp(entry->name, name) != 0))
		entry = entry->chain[BY_NAME];
	return entry;
}

static struct entry *actor_leader(const struct shard *actors, uint64_t ref_bits)
{
	struct entry *entry = table_first(&actors->table, mixed(ref_bits));

	while (entry != NULL && entry->ref_bits != ref_bits)
		entry = entry->chain[BY_ACTOR];
	return entry;
}

/* Into the index by actor: as the leader, or second behind it. False: no memory. */
static bool actor_link(struct registry *registry, struct entry *entry)
{
	struct shard *actors = shard_lock(registry, BY_ACTOR, mixed(entry->ref_bits));
	struct entry *leader = actor_leader(actors, entry->ref_bits);
	bool done = leader != NULL || table_reserve(&actors->table, BY_ACTOR);

	if (leader != NULL) {
		entry->previous = leader;
		entry->next = leader->next;
		leader->next = entry;
		if (entry->next != NULL)
			entry->next->previous = entry;
	} else if (done) {
		table_link(&actors->table, BY_ACTOR, entry);
	}
	shard_unlock(actors);
	return done;
}

/* Out of the index by actor, whose shard is locked. Behind a leader the next one leads. */
static void actor_unlink(struct shard *actors, struct entry *entry)
{
	if (entry->next != NULL)
		entry->next->previous = entry->previous;
	if (entry->previous != NULL) {
		entry->previous->next = entry->next;
		return;
	}
	table_unlink(&actors->table, BY_ACTOR, entry);
	if (entry->next != NULL)
		table_link(&actors->table, BY_ACTOR, entry->next);
}

/* Take the name away, with its shard locked. Frees the entry unless it is claimed (R3). */
static void entry_unname(struct registry *registry, struct shard *names, struct entry *entry)
{
	struct shard *actors = shard_lock(registry, BY_ACTOR, mixed(entry->ref_bits));
	bool claimed = entry->claimed;

	if (!claimed)
		actor_unlink(actors, entry);
	shard_unlock(actors);
	table_unlink(&names->table, BY_NAME, entry);
	entry->named = false;
	if (!claimed)
		entry_destroy(entry);
}

/* -------------------------------------------------------------------------------------------- registry -- */

struct registry *troupei_registry_create(void)
{
	struct registry *registry = troupei_allocate(sizeof *registry);

	if (registry == NULL)
		return NULL;
	for (int i = 0; i < SHARDS; i++) {
		shard_init(&registry->shards[BY_NAME][i]);
		shard_init(&registry->shards[BY_ACTOR][i]);
	}
	return registry;
}

/* By name every entry can be reached: no remove_actor is under way any more. */
void troupei_registry_destroy(struct registry *registry)
{
	for (int i = 0; i < SHARDS; i++) {
		destroy_entries(&registry->shards[BY_NAME][i].table);
		shard_fini(&registry->shards[BY_NAME][i]);
		shard_fini(&registry->shards[BY_ACTOR][i]);
	}
	troupei_deallocate(registry, sizeof *registry);
}

static bool name_is_valid(const char *name)
{
	size_t length = name == NULL ? 0 : strnlen(name, TROUPE_NAME_SIZE_MAX + 1);

	return length >= 1 && length <= TROUPE_NAME_SIZE_MAX;
}

/* The name's shard is locked. All that may fail comes first. From actor_link on remove_actor may claim the
 * entry; it then waits for this lock and finds it named. */
static troupe_status add_locked(struct registry *registry, struct shard *names, struct entry *entry,
                                struct entry *old)
{
	if (!table_reserve(&names->table, BY_NAME) || !actor_link(registry, entry)) {
		entry_destroy(entry);
		return TROUPE_ENOMEM;
	}
	if (old != NULL)
		entry_unname(registry, names, old);
	table_link(&names->table, BY_NAME, entry);
	entry->named = true;
	return TROUPE_OK;
}

troupe_status troupei_registry_add(struct registry *registry, const char *name, uint64_t ref_bits,
                                   troupei_registry_alive *alive)
{
	if (!name_is_valid(name))
		return TROUPE_EINVAL;
	uint64_t hash = hash_of_name(name);
	struct shard *names = shard_lock(registry, BY_NAME, hash);
	struct entry *old = name_entry(names, name, hash), *entry;
	troupe_status status = TROUPE_ENOMEM;

	if (old != NULL && alive(old->ref_bits))
		status = old->ref_bits == ref_bits ? TROUPE_OK : TROUPE_EEXIST;
	else if ((entry = entry_create(name, hash, ref_bits)) != NULL)
		status = add_locked(registry, names, entry, old);
	shard_unlock(names);
	return status;
}

troupe_status troupei_registry_find(struct registry *registry, const char *name, uint64_t *ref_bits)
{
	if (!name_is_valid(name))
		return TROUPE_ENOENT;
	uint64_t hash = hash_of_name(name);
	struct shard *names = shard_lock(registry, BY_NAME, hash);
	struct entry *entry = name_entry(names, name, hash);

	if (entry != NULL)
		*ref_bits = entry->ref_bits;
	shard_unlock(names);
	return entry != NULL ? TROUPE_OK : TROUPE_ENOENT;
}

troupe_status troupei_registry_remove(struct registry *registry, const char *name)
{
	if (!name_is_valid(name))
		return TROUPE_ENOENT;
	uint64_t hash = hash_of_name(name);
	struct shard *names = shard_lock(registry, BY_NAME, hash);
	struct entry *entry = name_entry(names, name, hash);

	if (entry != NULL)
		entry_unname(registry, names, entry);
	shard_unlock(names);
	return entry != NULL ? TROUPE_OK : TROUPE_ENOENT;
}

/* R2: out of the index by actor, all at once. They are the caller's to free then. */
static struct entry *actor_claim(struct registry *registry, uint64_t ref_bits)
{
	struct shard *actors = shard_lock(registry, BY_ACTOR, mixed(ref_bits));
	struct entry *leader = actor_leader(actors, ref_bits);

	if (leader != NULL)
		table_unlink(&actors->table, BY_ACTOR, leader);
	for (struct entry *entry = leader; entry != NULL; entry = entry->next)
		entry->claimed = true;
	shard_unlock(actors);
	return leader;
}

void troupei_registry_remove_actor(struct registry *registry, uint64_t ref_bits)
{
	struct entry *entry = actor_claim(registry, ref_bits), *next;

	for (; entry != NULL; entry = next) {
		next = entry->next;
		struct shard *names = shard_lock(registry, BY_NAME, entry->hash);
		if (entry->named)
			table_unlink(&names->table, BY_NAME, entry);
		shard_unlock(names);
		entry_destroy(entry);
	}
}

size_t troupei_registry_count(struct registry *registry)
{
	size_t count = 0;

	for (int i = 0; i < SHARDS; i++) {
		struct shard *names = &registry->shards[BY_NAME][i];
		pthread_mutex_lock(&names->lock);
		count += names->table.count;
		shard_unlock(names);
	}
	return count;
}
