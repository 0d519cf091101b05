/* SPDX-License-Identifier: MIT */
#include "explore/drawing.h"

#include "tale.h"

static struct drawing drawing;

static char *draw(struct story *story)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	troupei_drawing_make(story, &drawing);
	troupei_drawing_mermaid(&drawing, file);
	fclose(file);
	return text;
}

TEST(draw_mermaid, has_a_line_for_each_message)
{
	struct tale *tale = tale_of_two_clerks();
	struct story *story = tale_tell(tale);

	story->race[0] = 1;
	story->race[1] = 3;
	char *text = draw(story);
	CHECK(strncmp(text, "sequenceDiagram\n", 16) == 0);
	CHECK(strstr(text, "  participant u0 as plan 1\n") != NULL);
	CHECK(strstr(text, "  u1->>u0: kind 1\n") != NULL);
	CHECK(strstr(text, "  rect rgb(255, 225, 225)\n  u2->>u0: kind 1\n  Note over u0: A: races with B, sent before 1\n  end\n") != NULL);
	CHECK(strstr(text, "  Note over u0,u2: no seat is booked twice\n") != NULL);
	free(text);
	tale_free(tale);
}

TEST(draw_mermaid, keeps_what_would_end_a_line)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a;b"), b = tale_actor(tale, 2, "b");

	tale_aside(tale, tale_send(tale, a, b, 1));
	tale_about(tale, TRACE_DEAD, tale_send(tale, a, b, 2), TROUPE_EGONE);
	tale_event(tale, TRACE_END, UNIT_NONE, b, 0);
	char *text = draw(tale_tell(tale));
	CHECK(strstr(text, "as a,b 1\n") != NULL);
	CHECK(strstr(text, "  u0--)u1: kind 1\n") != NULL);
	CHECK(strstr(text, "  u0-xu1: kind 2\n") != NULL);
	CHECK(strstr(text, "  Note over u1: ends\n") != NULL);
	free(text);
	tale_free(tale);
}
