/* SPDX-License-Identifier: MIT */
#include "explore/drawing.h"

#include "tale.h"

static struct drawing drawing;
static char text[8192];

TEST(draw_text, shows_who_sends_what_to_whom)
{
	struct tale *tale = tale_of_two_clerks();
	struct story *story = tale_tell(tale);

	story->race[0] = 1;
	story->race[1] = 3;
	troupei_drawing_make(story, &drawing);
	troupei_drawing_text(&drawing, text, sizeof text);
	CHECK(strstr(text, "plan 1") != NULL);
	CHECK(strstr(text, "  1             |<------kind 1--------|                     |\n") != NULL);
	CHECK(strstr(text, "  4             |------------------kind 3------------------>|\n") != NULL);
	CHECK(strstr(text, "<======kind 2========|                     |  B") != NULL);
	CHECK(strstr(text, " !!  no seat is booked twice\n") != NULL);
	tale_free(tale);
}

TEST(draw_text, shows_what_happens_at_one_lifeline)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_handle(tale, tale_send_as(tale, SORT_TIMER, 2, a, 4));
	tale_pass(tale, b, b, 5);
	tale_aside(tale, tale_send(tale, b, a, 6));
	tale_about(tale, TRACE_DEAD, tale_send(tale, a, b, 7), TROUPE_EUNKNOWN);
	tale_event(tale, TRACE_END, UNIT_NONE, b, 0);
	troupei_drawing_make(tale_tell(tale), &drawing);
	troupei_drawing_text(&drawing, text, sizeof text);
	CHECK(strstr(text, "o timer kind 4") != NULL);
	CHECK(strstr(text, "* self kind 5") != NULL);
	CHECK(strstr(text, "|o--") != NULL);
	CHECK(strstr(text, "--x|") != NULL);
	CHECK(strstr(text, "not known there") != NULL);
	CHECK(strstr(text, "X ends") != NULL);
	tale_free(tale);
}

static size_t longest_line(void)
{
	size_t longest = 0;

	for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		longest = (size_t)(end - line) > longest ? (size_t)(end - line) : longest;
	return longest;
}

TEST(draw_text, fits_a_screen)
{
	struct tale *tale = tale_new();
	size_t lines = 0;

	for (uint32_t i = 1; i <= 40; i++)
		tale_actor(tale, i, "a_name_that_is_too_long");
	for (uint32_t i = 0; i < 400; i++)
		tale_pass(tale, troupei_unit_of_actor(i % 40 + 1), troupei_unit_of_actor(i * 7 % 40 + 1), 1);
	troupei_drawing_make(tale_tell(tale), &drawing);
	troupei_drawing_text(&drawing, text, sizeof text);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	CHECK(lines <= DRAWING_ROWS_MAX + 3);
	CHECK(longest_line() <= 120);
	CHECK(strstr(text, "... ") != NULL);
	tale_free(tale);
}

TEST(draw_text, cuts_names_and_not_their_numbers)
{
	struct tale *tale = tale_new();

	for (uint32_t i = 1; i <= 8; i++)
		tale_actor(tale, i, "philosopher");
	for (uint32_t i = 1; i < 8; i++)
		tale_pass(tale, troupei_unit_of_actor(i), troupei_unit_of_actor(i + 1), 1);
	troupei_drawing_make(tale_tell(tale), &drawing);
	troupei_drawing_text(&drawing, text, sizeof text);
	CHECK(strstr(text, "philos 8") != NULL);
	tale_free(tale);
}

TEST(draw_text, of_nothing_is_nothing_and_of_little_room_is_cut)
{
	struct tale *tale = tale_of_two_clerks();

	memset(&drawing, 0, sizeof drawing);
	troupei_drawing_text(&drawing, text, sizeof text);
	CHECK_STR_EQ(text, "");
	troupei_drawing_make(tale_tell(tale), &drawing);
	troupei_drawing_text(&drawing, text, 100);
	CHECK(strlen(text) < 100);
	tale_free(tale);
}
