/* SPDX-License-Identifier: MIT */
/* How memory and values are called in a story. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"

enum { NAMES_MAX = 96, NAME_ROOM = 48, VALUES_MAX = 8 };

static struct {
	uintptr_t first, end;
	char name[NAME_ROOM];
} names[NAMES_MAX];
static unsigned name_count;

static struct {
	uint64_t value;
	const char *name;
} values[VALUES_MAX];
static unsigned value_count;

void names_reset(void)
{
	name_count = value_count = 0;
}

/* Only a story needs them: a schedule that is not told does not pay. */
void name_memory(const void *memory, size_t size, const char *format, ...)
{
	va_list arguments;

	if (!engine.tells || name_count == NAMES_MAX)
		return;
	names[name_count].first = (uintptr_t)memory;
	names[name_count].end = (uintptr_t)memory + size;
	va_start(arguments, format);
	vsnprintf(names[name_count++].name, NAME_ROOM, format, arguments);
	va_end(arguments);
}

void name_value(uint64_t value, const char *name)
{
	if (value_count == VALUES_MAX)
		return;
	values[value_count].value = value;
	values[value_count++].name = name;
}

static uintptr_t size_of(unsigned name)
{
	return names[name].end - names[name].first;
}

/* The smallest that it lies in. */
const char *name_of_memory(const void *at, char *buffer, size_t size)
{
	unsigned best = NAMES_MAX;

	for (unsigned i = 0; i < name_count; i++)
		if ((uintptr_t)at >= names[i].first && (uintptr_t)at < names[i].end &&
		    (best == NAMES_MAX || size_of(i) < size_of(best)))
			best = i;
	if (best == NAMES_MAX)
		return NULL;
	size_t offset = (uintptr_t)at - names[best].first;
	if (offset == 0)
		return names[best].name;
	snprintf(buffer, size, "%s+%zu", names[best].name, offset);
	return buffer;
}

/* Where it points: the largest that begins there, if any does. */
static const char *name_of_pointer(uint64_t value, char *buffer, size_t size)
{
	unsigned best = NAMES_MAX;

	for (unsigned i = 0; i < name_count; i++)
		if (names[i].first == value && (best == NAMES_MAX || size_of(i) > size_of(best)))
			best = i;
	return best != NAMES_MAX ? names[best].name : name_of_memory((const void *)(uintptr_t)value, buffer, size);
}

const char *name_of_value(const char *where, uint64_t value, char *buffer, size_t size)
{
	for (unsigned i = 0; i < value_count && where != NULL && strstr(where, "head") != NULL; i++)
		if (values[i].value == value)
			return values[i].name;
	const char *name = value > 4096 ? name_of_pointer(value, buffer, size) : NULL;
	if (name != NULL)
		return name;
	snprintf(buffer, size, value <= 4096 ? "%llu" : "%#llx", (unsigned long long)value);
	return buffer;
}
