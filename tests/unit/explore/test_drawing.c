/* SPDX-License-Identifier: MIT */
#include "explore/drawing.h"

#include "tale.h"

static struct drawing drawing;

TEST(drawing, has_a_row_for_each_message_that_is_seen)
{
	struct tale *tale = tale_of_two_clerks();

	tale_handle(tale, tale_send_as(tale, SORT_STOP, MAIN, troupei_unit_of_actor(1), 0));
	troupei_drawing_make(tale_tell(tale), &drawing);
	CHECK_EQ(drawing.row_count, 6);
	CHECK_EQ(drawing.column_count, 3); /* main has sent nothing that is seen */
	CHECK_STR_EQ(drawing.names[0], "plan 1");
	CHECK_EQ(drawing.rows[2].from, 2); /* bob's question was handled third */
	CHECK_EQ(drawing.rows[2].after, 0);
	CHECK_STR_EQ(drawing.rows[2].note, "sent before 1");
	CHECK_STR_EQ(drawing.title, "no seat is booked twice");
	tale_free(tale);
}

TEST(drawing, marks_the_two_that_race)
{
	struct tale *tale = tale_of_two_clerks();
	struct story *story = tale_tell(tale);

	story->race[0] = 1;
	story->race[1] = 3;
	troupei_drawing_make(story, &drawing);
	CHECK_EQ(drawing.rows[2].race, 'A');
	CHECK_EQ(drawing.rows[4].race, 'B');
	CHECK_EQ(drawing.rows[0].race, 0);
	CHECK(strstr(drawing.rows[2].note, "races with B") != NULL);
	tale_free(tale);
}

TEST(drawing, says_what_became_of_a_message)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	tale_aside(tale, tale_send(tale, a, b, 1));
	tale_event(tale, TRACE_END, UNIT_NONE, b, 0);
	tale_about(tale, TRACE_DEAD, tale_send(tale, a, b, 2), TROUPE_EGONE);
	tale_event(tale, TRACE_WAIT, a, b, 0);
	tale_send(tale, b, a, 3);
	troupei_drawing_make(tale_tell(tale), &drawing);
	CHECK_EQ(drawing.row_count, 5);
	CHECK_EQ(drawing.rows[0].sort, ROW_ASIDE);
	CHECK_EQ(drawing.rows[1].sort, ROW_END);
	CHECK_EQ(drawing.rows[2].sort, ROW_LOST);
	CHECK_EQ(drawing.rows[3].sort, ROW_WAIT);
	CHECK_EQ(drawing.rows[4].sort, ROW_WAITING);
	tale_free(tale);
}

TEST(drawing, tells_a_restart)
{
	struct tale *tale = tale_new();
	uint32_t office = tale_actor(tale, 1, "office"), clerk = tale_actor(tale, 2, "clerk");

	for (int life = 0; life < 2; life++) {
		tale_handle(tale, tale_send_as(tale, SORT_LIFE, office, clerk, 1));
		tale_pass(tale, office, clerk, 7);
	}
	troupei_drawing_make(tale_tell(tale), &drawing);
	CHECK_EQ(drawing.row_count, 3);
	CHECK_EQ(drawing.rows[1].sort, ROW_RESTART);
	tale_free(tale);
}

TEST(drawing, leaves_out_who_has_nothing_to_do_with_the_end)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b"), c = tale_actor(tale, 3, "c");

	for (int i = 0; i < DRAWING_ROWS_MAX; i++)
		tale_pass(tale, c, c, 9);
	tale_pass(tale, a, b, 1);
	tale_pass(tale, b, a, 2);
	troupei_drawing_make(tale_tell(tale), &drawing);
	CHECK_EQ(drawing.row_count, 2);
	CHECK_EQ(drawing.left_out, DRAWING_ROWS_MAX);
	CHECK_EQ(drawing.column_count, 2);
	tale_free(tale);
}

TEST(drawing, of_many_actors_has_the_last_ones)
{
	struct tale *tale = tale_new();

	for (uint32_t i = 1; i <= DRAWING_COLUMNS_MAX + 5; i++)
		tale_actor(tale, i, "x");
	for (uint32_t i = 1; i < DRAWING_COLUMNS_MAX + 5; i++)
		tale_pass(tale, troupei_unit_of_actor(i), troupei_unit_of_actor(i + 1), 1);
	troupei_drawing_make(tale_tell(tale), &drawing);
	CHECK_EQ(drawing.column_count, DRAWING_COLUMNS_MAX);
	CHECK_STR_EQ(drawing.names[DRAWING_COLUMNS_MAX - 1], "x 15");
	CHECK(drawing.row_count <= DRAWING_ROWS_MAX);
	tale_free(tale);
}
