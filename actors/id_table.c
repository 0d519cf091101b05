/* SPDX-License-Identifier: MIT */
/* Ids that are found at once. N1: id_table.h. */
#include "actors/id_table.h"

#include <stddef.h>

#include "base/memory.h"

static size_t table_size(uint32_t capacity)
{
	return sizeof(struct id_table) + capacity * sizeof(struct id_entry);
}

static bool grow(struct id_table **table)
{
	struct id_table *old = *table, *larger;
	uint32_t from = old != NULL ? old->capacity : 0, capacity = from > 0 ? from * 2 : 4;

	larger = troupei_reallocate(old, old != NULL ? table_size(from) : 0, table_size(capacity));
	if (larger == NULL)
		return false;
	larger->capacity = capacity;
	larger->first_free = 0;
	for (uint32_t i = capacity; i-- > from;) {
		larger->entries[i] = (struct id_entry){ .generation = 1, .next_free = larger->first_free };
		larger->first_free = i + 1;
	}
	*table = larger;
	return true;
}

bool troupei_id_add(struct id_table **table, void *item, uint64_t *id)
{
	if ((*table == NULL || (*table)->first_free == 0) && !grow(table))
		return false;
	uint32_t index = (*table)->first_free - 1;
	struct id_entry *entry = &(*table)->entries[index];
	(*table)->first_free = entry->next_free;
	entry->item = item;
	*id = (uint64_t)entry->generation << 32 | (index + 1);
	return true;
}

void *troupei_id_find(const struct id_table *table, uint64_t id)
{
	uint32_t index = (uint32_t)id - 1;

	if (table == NULL || index >= table->capacity)
		return NULL;
	const struct id_entry *entry = &table->entries[index];
	return entry->generation == id >> 32 ? entry->item : NULL;
}

void *troupei_id_at(const struct id_table *table, uint32_t place)
{
	return table->entries[place - 1].item;
}

void troupei_id_remove(struct id_table *table, uint32_t place)
{
	struct id_entry *entry = &table->entries[place - 1];

	entry->item = NULL;
	entry->generation++;
	entry->next_free = table->first_free;
	table->first_free = place;
}

void troupei_id_table_free(struct id_table *table)
{
	if (table != NULL)
		troupei_deallocate(table, table_size(table->capacity));
}
