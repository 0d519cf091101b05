/* SPDX-License-Identifier: MIT */
/* Expectations: what comes to a probe, when, and in which order. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "testkit/kit.h"

enum { TEXT_MAX = 96 };

struct wanted {
	int32_t kind;
	size_t size;   /* UINT32_MAX: any */
	bool anywhere; /* whatever comes before it */
	int64_t within_ns;
};

static struct caught *next_waiting(const struct troupei_probe *probe, size_t *at)
{
	while (*at < probe->count && !probe->caught[*at]->waits)
		(*at)++;
	return *at < probe->count ? probe->caught[*at] : NULL;
}

static struct caught *find(struct troupei_probe *probe, const struct wanted *wanted)
{
	struct caught *caught = next_waiting(probe, &probe->waiting);

	if (caught == NULL || !wanted->anywhere)
		return caught;
	for (size_t at = probe->waiting; (caught = next_waiting(probe, &at)) != NULL; at++)
		if (caught->message.kind == wanted->kind)
			return caught;
	return NULL;
}

static void take(struct troupei_probe *probe, struct caught *caught)
{
	caught->waits = false;
	probe->last = caught;
}

/* -------------------------------------------------------------------------------------------------------------- in words -- */

/* What waits, the first few. */
static const char *list(struct troupei_probe *probe, char *text, size_t size)
{
	struct caught *caught;
	char kind[TEXT_MAX];
	size_t length = 0;

	text[0] = '\0';
	for (size_t at = probe->waiting; (caught = next_waiting(probe, &at)) != NULL && length < size; at++)
		length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "",
		                           troupei_words_kind(probe, caught->message.kind, kind, sizeof kind));
	return text;
}

/* No memory for one that came, nobody who could get it, or just no message. */
static troupe_status nothing(struct troupei_probe *probe, const char *wanted, int64_t within_ns)
{
	char time[TEXT_MAX], others[4 * TEXT_MAX];

	if (probe->lost)
		return troupei_words(TROUPE_ENOMEM, "expected %s; there was no memory for what came to %s", wanted, probe->name);
	if (!troupe_is_alive(probe->ref))
		return troupei_words(TROUPE_EGONE, "expected %s; %s has ended", wanted, probe->name);
	list(probe, others, sizeof others);
	return troupei_words(TROUPE_ETIMEOUT, "expected %s within %s; nothing came to %s%s%s", wanted,
	                     troupei_words_time(within_ns, time, sizeof time), probe->name,
	                     others[0] != '\0' ? " but " : "", others);
}

static troupe_status another(struct troupei_probe *probe, const struct wanted *wanted, const struct caught *caught)
{
	char expected[TEXT_MAX], came[TEXT_MAX];

	troupei_words_kind(probe, wanted->kind, expected, sizeof expected);
	if (caught->message.kind == wanted->kind)
		return troupei_words(TROUPE_EANSWER, "expected %s of %zu bytes; it came to %s with %" PRIu32, expected, wanted->size,
		                     probe->name, caught->message.size);
	return troupei_words(TROUPE_EANSWER, "expected %s; %s, %" PRIu32 " bytes, came to %s first", expected,
	                     troupei_words_kind(probe, caught->message.kind, came, sizeof came), caught->message.size, probe->name);
}

/* --------------------------------------------------------------------------------------------------------- one message -- */

/* The test may wait, and for so long. */
static troupe_status begin(troupe_probe handle, int64_t within_ns, struct troupei_probe **probe, int64_t *deadline_ns)
{
	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	troupei_words_clear();
	*probe = troupei_probe_of(handle);
	return *probe != NULL && troupei_kit_deadline(within_ns, deadline_ns) ? TROUPE_OK : TROUPE_EINVAL;
}

static troupe_status expect(troupe_probe handle, const struct wanted *wanted, void *payload_address)
{
	struct troupei_probe *probe;
	struct caught *caught;
	int64_t deadline;
	bool called = true;
	char text[TEXT_MAX];

	troupe_status status = begin(handle, wanted->within_ns, &probe, &deadline);
	if (status != TROUPE_OK)
		return status;
	while ((caught = find(probe, wanted)) == NULL && called)
		called = troupei_kit_wait(probe, deadline);
	if (caught == NULL)
		return nothing(probe, troupei_words_kind(probe, wanted->kind, text, sizeof text), wanted->within_ns);
	if (caught->message.kind != wanted->kind || (wanted->size != UINT32_MAX && caught->message.size != wanted->size))
		return another(probe, wanted, caught);
	take(probe, caught);
	if (payload_address != NULL)
		memcpy(payload_address, &caught->message.data, sizeof caught->message.data);
	return TROUPE_OK;
}

troupe_status troupe_probe_expect_bytes(troupe_probe probe, int32_t kind, size_t size, int64_t within_ns, void *payload_address)
{
	return expect(probe, &(struct wanted){ .kind = kind, .size = size, .within_ns = within_ns }, payload_address);
}

troupe_status troupe_probe_expect_kind(troupe_probe probe, int32_t kind, int64_t within_ns)
{
	return expect(probe, &(struct wanted){ .kind = kind, .size = UINT32_MAX, .within_ns = within_ns }, NULL);
}

troupe_status troupe_probe_await_bytes(troupe_probe probe, int32_t kind, size_t size, int64_t within_ns, void *payload_address)
{
	const struct wanted wanted = { .kind = kind, .size = size, .anywhere = true, .within_ns = within_ns };

	return expect(probe, &wanted, payload_address);
}

/* ----------------------------------------------------------------------------------------------------------------- several -- */

/* How many of the first that wait are as wanted. *other: the one that is not; NULL: no more wait. */
static size_t compare(struct troupei_probe *probe, const int32_t *kinds, size_t count, struct caught **other)
{
	size_t at = probe->waiting, same = 0;

	*other = NULL;
	for (struct caught *caught; same < count && (caught = next_waiting(probe, &at)) != NULL; at++, same++)
		if (caught->message.kind != kinds[same]) {
			*other = caught;
			break;
		}
	return same;
}

static troupe_status out_of_order(struct troupei_probe *probe, const int32_t *kinds, size_t count, size_t same,
                                  const struct caught *other, int64_t within_ns)
{
	char kind[TEXT_MAX], wanted[2 * TEXT_MAX], came[TEXT_MAX];

	troupei_words_kind(probe, kinds[same], kind, sizeof kind);
	snprintf(wanted, sizeof wanted, "%s, number %zu of %zu", kind, same + 1, count);
	if (other == NULL)
		return nothing(probe, wanted, within_ns);
	return troupei_words(TROUPE_EANSWER, "expected %s; %s came to %s first", wanted,
	                     troupei_words_kind(probe, other->message.kind, came, sizeof came), probe->name);
}

troupe_status troupe_probe_expect_order(troupe_probe handle, const int32_t *kinds, size_t count, int64_t within_ns)
{
	struct troupei_probe *probe;
	struct caught *other;
	int64_t deadline;
	size_t same;
	bool called = true;

	troupe_status status = begin(handle, within_ns, &probe, &deadline);
	if (status != TROUPE_OK || kinds == NULL || count == 0)
		return status != TROUPE_OK ? status : TROUPE_EINVAL;
	while ((same = compare(probe, kinds, count, &other)) < count && other == NULL && called)
		called = troupei_kit_wait(probe, deadline);
	if (same < count)
		return out_of_order(probe, kinds, count, same, other, within_ns);
	for (; count > 0; count--)
		take(probe, next_waiting(probe, &probe->waiting));
	return TROUPE_OK;
}

troupe_status troupe_probe_expect_none(troupe_probe handle, int64_t for_ns)
{
	const struct wanted any = { .within_ns = for_ns };
	struct troupei_probe *probe;
	int64_t deadline;
	bool called = true;
	char time[TEXT_MAX], others[4 * TEXT_MAX];

	troupe_status status = begin(handle, for_ns, &probe, &deadline);
	if (status != TROUPE_OK)
		return status;
	while (find(probe, &any) == NULL && !probe->lost && called)
		called = troupei_kit_wait(probe, deadline);
	if (probe->lost)
		return nothing(probe, "nothing", for_ns);
	if (find(probe, &any) == NULL)
		return TROUPE_OK;
	return troupei_words(TROUPE_EFAILED, "expected nothing for %s; %s came to %s",
	                     troupei_words_time(for_ns, time, sizeof time), list(probe, others, sizeof others), probe->name);
}

/* ------------------------------------------------------------------------------------------------------ what has come -- */

const troupe_message *troupe_probe_last(troupe_probe handle)
{
	const struct troupei_probe *probe = troupei_probe_of(handle);

	return probe != NULL && probe->last != NULL ? &probe->last->message : NULL;
}

size_t troupe_probe_waiting(troupe_probe handle)
{
	const struct troupei_probe *probe = troupei_probe_of(handle);
	size_t waiting = 0;

	for (size_t at = 0; probe != NULL && next_waiting(probe, &at) != NULL; at++)
		waiting++;
	return waiting;
}

size_t troupe_probe_clear(troupe_probe handle)
{
	struct troupei_probe *probe = troupei_probe_of(handle);
	struct caught *caught;
	size_t cleared = 0;

	for (; probe != NULL && (caught = next_waiting(probe, &probe->waiting)) != NULL; cleared++)
		caught->waits = false;
	return cleared;
}

const troupe_message *troupe_probe_call(troupe_probe handle, int32_t kind, size_t index)
{
	const struct troupei_probe *probe = troupei_probe_of(handle);

	for (size_t at = 0; probe != NULL && at < probe->count; at++)
		if ((kind == 0 || probe->caught[at]->message.kind == kind) && index-- == 0)
			return &probe->caught[at]->message;
	return NULL;
}

size_t troupe_probe_calls(troupe_probe handle, int32_t kind)
{
	const struct troupei_probe *probe = troupei_probe_of(handle);
	size_t calls = 0;

	for (size_t at = 0; probe != NULL && at < probe->count; at++)
		calls += kind == 0 || probe->caught[at]->message.kind == kind;
	return calls;
}
