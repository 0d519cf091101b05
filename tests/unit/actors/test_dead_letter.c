/* SPDX-License-Identifier: MIT */
/* The last stop of every sort of message: what it counts as, who is shown it, who is told, and what is freed. */
#include "actors/dead_letter.h"

#include "stage.h"
#include "mailbox/chunk.h"
#include "mailbox/payload.h"

static struct stage s;
static int releases;

static void count_release(void *bytes)
{
	(void)bytes;
	releases++;
}

/* As if it had been sent to an actor of generation 9 in slot 1. */
static void bury(struct envelope *envelope, troupe_status why)
{
	struct troupei_system *system = s.system.private_;
	CHECK(envelope != NULL);
	envelope->generation = 9;
	if (!troupei_envelope_is_own(envelope) && !troupei_envelope_is_chunk(envelope))
		troupei_tally(system, NO_WORKER, sent);
	troupei_envelope_bury(system, NULL, &troupei_cells[1], envelope, why);
}

static void check_last_letter(int32_t kind, uint32_t size, troupe_status why)
{
	const struct letter *letter = &s.letters[s.letter_count - 1];
	CHECK_EQ(letter->to.bits_private, troupei_ref(1, 9).bits_private);
	CHECK_EQ(letter->kind, kind);
	CHECK_EQ(letter->size, size);
	CHECK_EQ(letter->why, why);
	CHECK_STR_EQ(letter->to_name, "?");
	CHECK_STR_EQ(letter->kind_name, "");
}

static struct envelope *filled(enum envelope_sort sort, int32_t kind, uint64_t number)
{
	struct envelope *envelope = troupei_envelope_new(sort, 0, kind, sizeof number, 0);
	memcpy(troupei_envelope_body(envelope), &number, sizeof number);
	return envelope;
}

TEST(dead_letter, of_a_refused_send)
{
	stage_start(&s, 1);
	troupei_dead_letter(s.system.private_, NULL, troupei_ref(1, 9), 3, &(uint64_t){ 4 }, 8, TROUPE_EGONE);
	CHECK_EQ(stage_ledger(&s).sent, 1);
	CHECK_EQ(stage_ledger(&s).dead, 1);
	check_last_letter(3, 8, TROUPE_EGONE);
	CHECK_EQ(s.letters[0].number, 4);
	stage_finish(&s);
}

TEST(dead_letter, users_messages_are_shown)
{
	const enum envelope_sort sorts[] = { SORT_PLAIN, SORT_SENDER, SORT_ANSWER, SORT_RETURNED };
	stage_start(&s, 1);
	for (int i = 0; i < 4; i++) {
		bury(filled(sorts[i], 100000 + i, (uint64_t)i), TROUPE_EKILLED);
		check_last_letter(100000 + i, 8, TROUPE_EKILLED);
		CHECK_EQ(s.letters[i].number, i);
	}
	CHECK_EQ(stage_ledger(&s).dead, 4);
	stage_finish(&s);
}

TEST(dead_letter, the_runtimes_own_are_not)
{
	const enum envelope_sort sorts[] = { SORT_UNANSWERED, SORT_STOP, SORT_KILL };
	stage_start(&s, 1);
	for (int i = 0; i < 3; i++)
		bury(troupei_envelope_new(sorts[i], ENVELOPE_CONTROL, 0, 0, 0), TROUPE_EGONE);
	CHECK_EQ(s.letter_count, 0);
	CHECK_EQ(stage_ledger(&s).handled, 1);
	stage_finish(&s);
}

TEST(dead_letter, payloads_are_freed_after_they_were_shown)
{
	stage_start(&s, 1);
	uint64_t *moved = troupei_payload_new(70000, count_release), *shared = troupei_payload_new(8, count_release);
	*moved = 5, *shared = 6;
	troupei_payload_freeze(shared);
	bury(troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_MOVED, 1, moved, 0), TROUPE_EGONE);
	check_last_letter(1, 70000, TROUPE_EGONE);
	bury(troupei_envelope_new_pointer(SORT_PLAIN, ENVELOPE_SHARED, 2, shared, 0), TROUPE_EGONE);
	check_last_letter(2, 8, TROUPE_EGONE);
	CHECK_EQ(s.letters[0].number, 5);
	CHECK_EQ(s.letters[1].number, 6);
	CHECK_EQ(releases, 2);
	stage_finish(&s);
}

/* Whoever asks is told why; and once: the address has closed then. */
TEST(dead_letter, questions_are_answered)
{
	troupe_future future;
	stage_start(&s, 1);
	CHECK_OK(troupe_future_open(s.system, NULL, &future));
	for (int i = 0; i < 2; i++)
		bury(troupei_envelope_new(SORT_QUESTION, 0, 7, 16, future.ref.bits_private), TROUPE_EFAILED);
	CHECK_EQ(stage_letters(&s, TROUPE_EFAILED), 2);
	CHECK_EQ(troupe_next(future, 1, NULL, 0), TROUPE_EFAILED);
	troupe_future_close(future);
	stage_finish(&s);
}

TEST(dead_letter, chunks_are_as_many_as_they_hold)
{
	stage_start(&s, 1);
	struct chunk *chunk = troupei_chunk_new(CHUNK_CLASS_FIRST, 0, 5, &(uint64_t){ 0 }, 8);
	for (uint64_t i = 0; i < 5; i++) {
		CHECK(i == 0 || troupei_chunk_append(chunk, 5, &i, 8));
		troupei_tally(s.system.private_, NO_WORKER, sent);
	}
	troupei_chunk_next(chunk); /* one was handled */
	troupei_tally(s.system.private_, NO_WORKER, handled);
	troupei_chunk_writer_gone(chunk);
	bury(&chunk->envelope, TROUPE_EKILLED);
	CHECK_EQ(s.letter_count, 4);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_EQ(s.letters[i].kind, 5);
		CHECK_EQ(s.letters[i].number, i + 1);
	}
	check_last_letter(5, 8, TROUPE_EKILLED);
	stage_finish(&s);
}

static const troupe_kind kinds[] = { { .kind = 5, .name = "FIVE" }, { 0 } };
static const troupe_behaviour named = { .name = "named", .receive = player_receive, .kinds = kinds };

/* Names are told by who runs: nobody else knows that the behaviour is there still. */
TEST(dead_letter, of_the_running_actor_has_names)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &named);
	CHECK_OK(troupe_send_bytes(ref, 5, NULL, 0));
	CHECK_OK(troupe_send_bytes(ref, 6, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EUNKNOWN), 2);
	CHECK_STR_EQ(s.letters[0].to_name, "named");
	CHECK_STR_EQ(s.letters[0].kind_name, "FIVE");
	CHECK_STR_EQ(s.letters[1].kind_name, "");
	CHECK_EQ(s.letters[0].to.bits_private, ref.bits_private);
	stage_finish(&s);
}

/* A parent outlives its children: their end is never buried. */
TEST(dead_letter, child_ended_never_is, .signal = SIGABRT)
{
	struct child_link link = { .envelope = { .size = SORT_CHILD_ENDED, .flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED } };
	troupei_envelope_bury(NULL, NULL, NULL, &link.envelope, TROUPE_EGONE);
}
