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
	troupei_drawing_svg(&drawing, file);
	fclose(file);
	return text;
}

static unsigned count(const char *text, const char *word)
{
	unsigned times = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		times++;
	return times;
}

TEST(draw_svg, has_a_line_for_each_message_and_lifeline)
{
	struct tale *tale = tale_of_two_clerks();
	struct story *story = tale_tell(tale);

	story->race[0] = 1;
	story->race[1] = 3;
	char *text = draw(story);
	CHECK(strncmp(text, "<svg ", 5) == 0);
	CHECK_EQ(count(text, "class=\"life\""), 3);
	CHECK_EQ(count(text, "marker-end"), 6);
	CHECK_EQ(count(text, "class=\"race\""), 2);
	CHECK_EQ(count(text, "</svg>"), 1);
	free(text);
	tale_free(tale);
}

TEST(draw_svg, keeps_what_xml_would_take_for_its_own)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a<b>&c");

	tale_pass(tale, a, a, 1);
	snprintf(tale->trace.text, sizeof tale->trace.text, "1 < 2\n& so on");
	char *text = draw(tale_tell(tale));
	CHECK(strstr(text, "a&lt;b&gt;&amp;c 1") != NULL);
	CHECK(strstr(text, "1 &lt; 2 &amp; so on") != NULL);
	CHECK(strstr(text, "self: kind 1") != NULL);
	free(text);
	tale_free(tale);
}

TEST(draw_svg, says_how_much_was_left_out)
{
	struct tale *tale = tale_new();
	uint32_t a = tale_actor(tale, 1, "a"), b = tale_actor(tale, 2, "b");

	for (int i = 0; i < DRAWING_ROWS_MAX + 3; i++)
		tale_pass(tale, a, b, 1);
	char *text = draw(tale_tell(tale));
	CHECK(strstr(text, "... 3 more before") != NULL);
	free(text);
	tale_free(tale);
}
