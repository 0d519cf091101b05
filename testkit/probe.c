/* SPDX-License-Identifier: MIT */
/* Probes: what they do in their handlers, and what is done in their names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testkit/kit.h"

#define kit troupei_kit

#define ERRAND INT32_MAX /* the kind of an errand's message; its payload is a pointer that the probe knows */

/* ------------------------------------------------------------------------------------------------------ in the handler -- */

/* False: there was no memory for it. */
static bool answer(const troupe_actor *me, const struct script_line *line)
{
	uint64_t question = troupei_me_worker(me)->question;

	return question == 0 ||
	       troupe_send_bytes((troupe_ref){ question }, line->answer, line->bytes, line->size) == TROUPE_OK;
}

static troupe_verdict lose(struct troupei_probe *probe)
{
	probe->lost = true;
	troupei_kit_call(probe);
	return TROUPE_UNKNOWN;
}

static troupe_verdict act(struct troupei_probe *probe, troupe_actor *me, const troupe_message *m,
                          const struct script_line *line)
{
	if (line->act == ACT_FAIL)
		return troupe_fail(me, line->why);
	if (line->act == ACT_ANSWER)
		return answer(me, line) ? TROUPE_HANDLED : lose(probe);
	return troupei_me_worker(me)->question == 0 || troupe_keep(me, m) == TROUPE_OK ? TROUPE_HANDLED : lose(probe);
}

static struct errand *errand_of(const struct troupei_probe *probe, const troupe_message *m)
{
	struct errand *errand = probe->errands;

	if (m->kind != ERRAND || m->size != sizeof errand)
		return NULL;
	while (errand != NULL && memcmp(&errand, m->data, sizeof errand) != 0)
		errand = errand->next;
	return errand;
}

static troupe_verdict run_errand(troupe_actor *me, struct errand *errand)
{
	if (errand->done || errand->cancelled)
		return TROUPE_HANDLED;
	troupe_verdict verdict = errand->play(me, errand->argument);
	errand->done = true;
	troupei_kit_call(errand);
	return verdict;
}

static troupe_verdict probe_receive(troupe_actor *me, const troupe_message *m)
{
	struct troupei_probe *probe = *(struct troupei_probe **)me->state;
	struct errand *errand = errand_of(probe, m);

	if (errand != NULL)
		return run_errand(me, errand);
	bool question = troupei_me_worker(me)->question != 0;
	const struct script_line *line = troupei_script_find(probe, m->kind, question);
	if (line == NULL && question && troupe_keep(me, m) != TROUPE_OK)
		return lose(probe);
	struct caught *caught = troupei_catch(probe, me, m);
	if (caught == NULL)
		return lose(probe);
	if (line != NULL)
		return act(probe, me, m, line);
	caught->waits = true;
	troupei_kit_call(probe);
	return TROUPE_HANDLED;
}

static const troupe_behaviour probe_behaviour = { .name = "probe", .receive = probe_receive, .traps = 1,
	                                          .state_size = sizeof(struct troupei_probe *) };

/* ------------------------------------------------------------------------------------------------------ coming and going -- */

struct troupei_probe *troupei_probe_of(troupe_probe handle)
{
	struct troupei_probe *probe = kit.open ? kit.probes : NULL;

	while (probe != NULL && (probe != handle.private_ || !troupe_ref_equal(probe->ref, handle.ref)))
		probe = probe->next;
	return probe;
}

static void probe_free(struct troupei_probe *probe)
{
	for (size_t i = 0; i < probe->count; i++)
		troupei_caught_free(probe->caught[i]);
	for (struct errand *errand = probe->errands, *next; errand != NULL; errand = next) {
		next = errand->next;
		free(errand);
	}
	troupei_script_free(probe);
	free(probe->caught);
	free(probe);
}

void troupei_probes_free(void)
{
	for (struct troupei_probe *probe = kit.probes, *next; probe != NULL; probe = next) {
		next = probe->next;
		probe_free(probe);
	}
	kit.probes = NULL;
}

troupe_status troupe_probe_open(troupe_system system, const troupe_probe_options *given, troupe_probe *out)
{
	troupe_probe_options options;

	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	if (out == NULL || !troupei_options_read(&options, sizeof options, given) || options.reserved != 0 ||
	    options.reserved_small != 0)
		return TROUPE_EINVAL;
	struct troupei_probe *probe = calloc(1, sizeof *probe);
	if (probe == NULL)
		return TROUPE_ENOMEM;
	troupe_status status =
		troupe_spawn_with(system, NULL, &probe_behaviour, &probe, TROUPE_OPTIONS(troupe_spawn_options, .name = options.name),
	                      &probe->ref);
	if (status != TROUPE_OK) {
		free(probe);
		return status;
	}
	snprintf(probe->name, sizeof probe->name, "%s", options.name != NULL ? options.name : "the probe");
	probe->kinds = options.kinds;
	probe->next = kit.probes;
	kit.probes = probe;
	*out = (troupe_probe){ .ref = probe->ref, .private_ = probe };
	return TROUPE_OK;
}

/* -------------------------------------------------------------------------------------------------------- in its name -- */

troupe_status troupe_probe_send_bytes(troupe_probe handle, troupe_ref to, int32_t kind, const void *data, size_t size)
{
	troupe_actor me = { .ref = handle.ref };

	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	return troupei_probe_of(handle) != NULL ? troupe_send_bytes_from(&me, to, kind, data, size) : TROUPE_EINVAL;
}

/* It takes no time: a probe that does not do it now will not. (Others may be slower where the kit does not choose: K3.) */
static void wait_done(const struct troupei_probe *probe, struct errand *errand)
{
	do
		troupei_kit_wait(errand, troupei_simulation.now_ns);
	while (!errand->done && kit.joined && troupe_is_alive(probe->ref));
	errand->cancelled = !errand->done;
}

troupe_status troupe_probe_do(troupe_probe handle, troupe_verdict (*play)(troupe_actor *me, void *argument), void *argument)
{
	struct troupei_probe *probe = troupei_probe_of(handle);

	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	if (probe == NULL || play == NULL)
		return TROUPE_EINVAL;
	struct errand *errand = calloc(1, sizeof *errand);
	if (errand == NULL)
		return TROUPE_ENOMEM;
	*errand = (struct errand){ .next = probe->errands, .play = play, .argument = argument };
	probe->errands = errand;
	troupei_words_clear();
	troupe_status status = troupe_send_bytes(probe->ref, ERRAND, &errand, sizeof errand);
	if (status != TROUPE_OK)
		return status == TROUPE_ECLOSED ? TROUPE_EGONE : status;
	wait_done(probe, errand);
	if (errand->done)
		return TROUPE_OK;
	if (!troupe_is_alive(probe->ref))
		return TROUPE_EGONE;
	return troupei_words(TROUPE_ETIMEOUT, "expected that %s does what it is told; it awaits an answer", probe->name);
}

struct question {
	troupe_ref to;
	int32_t kind;
	const void *data;
	size_t size, reply_offset;
	int64_t within_ns;
	troupe_status status;
};

static troupe_verdict ask(troupe_actor *me, void *argument)
{
	struct question *q = argument;

	q->status = troupe_ask_then_bytes(me, q->to, q->kind, q->data, q->size, q->reply_offset, NULL, q->within_ns);
	return TROUPE_HANDLED;
}

troupe_status troupe_probe_ask_bytes(troupe_probe probe, troupe_ref to, int32_t kind, const void *data, size_t size,
                                     size_t reply_offset, int64_t within_ns)
{
	struct question question = { to, kind, data, size, reply_offset, within_ns, TROUPE_OK };
	troupe_status status = troupe_probe_do(probe, ask, &question);

	return status != TROUPE_OK ? status : question.status;
}

struct watch {
	troupe_ref other;
	uint64_t token;
	troupe_status status;
};

static troupe_verdict monitor(troupe_actor *me, void *argument)
{
	struct watch *watch = argument;

	watch->status = troupe_monitor(me, watch->other, watch->token, NULL);
	return TROUPE_HANDLED;
}

troupe_status troupe_probe_monitor(troupe_probe probe, troupe_ref other, uint64_t token)
{
	struct watch watch = { other, token, TROUPE_OK };
	troupe_status status = troupe_probe_do(probe, monitor, &watch);

	return status != TROUPE_OK ? status : watch.status;
}
