/* SPDX-License-Identifier: MIT */
/* From what was found to what is told about it: the run is made smaller, the messages that race are looked for, the pattern is
 * recognised, and all of that drawn. */
#include <stdlib.h>
#include <string.h>

#include "explore/drawing.h"
#include "explore/explorer.h"

static bool ends_with(const char *path, const char *end)
{
	size_t length = strlen(path), last = strlen(end);

	return length >= last && strcmp(path + length - last, end) == 0;
}

static void draw_to(const char *path, const struct drawing *drawing, const struct search *search)
{
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		fprintf(stderr, "troupe: cannot write %s\n", path);
		return;
	}
	if (ends_with(path, ".svg"))
		troupei_drawing_svg(drawing, file);
	else if (ends_with(path, ".mmd"))
		troupei_drawing_mermaid(drawing, file);
	else
		fprintf(file, "%s\n%s\n", search->diagram, search->pattern);
	if (fclose(file) != 0)
		fprintf(stderr, "troupe: cannot write %s\n", path);
}

static void draw(struct search *search, const struct story *story)
{
	struct drawing *drawing = malloc(sizeof *drawing);

	if (drawing == NULL)
		return;
	troupei_drawing_make(story, drawing);
	troupei_drawing_text(drawing, search->diagram, sizeof search->diagram);
	if (search->options.draw != NULL)
		draw_to(search->options.draw, drawing, search);
	free(drawing);
}

/* The runs of the search for races have left their own trace. */
static void tell(struct search *search, struct trace *trace)
{
	struct story story;

	if (!troupei_story_tell(trace, &story))
		return;
	if (search->shrinking.done)
		troupei_story_find_race(search, &story);
	troupei_story_recognise(&story, search->pattern, sizeof search->pattern);
	draw(search, &story);
	troupei_story_free(&story);
}

void troupei_search_explain(struct search *search)
{
	troupei_search_shrink(search);
	struct trace *found = malloc(sizeof *found);
	if (found == NULL)
		return;
	*found = search->shared->trace;
	tell(search, found);
	search->shared->trace = *found;
	free(found);
}
