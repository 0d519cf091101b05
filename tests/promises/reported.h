/* SPDX-License-Identifier: MIT */
/* A report that is kept, to be looked into. */
#ifndef TROUPE_TESTS_PROMISES_REPORTED_H
#define TROUPE_TESTS_PROMISES_REPORTED_H

#include "fixture.h"

struct kept_report {
	pthread_mutex_t lock;
	char *text;
	size_t size;
	atomic_int lines;
	const char *last; /* when it comes, the report is over */
	atomic_int reports;
};

#define KEPT_REPORT { .lock = PTHREAD_MUTEX_INITIALIZER, .last = "not_listed" }

static inline void keep_line(void *context, const char *text)
{
	struct kept_report *kept = context;
	size_t length = strlen(text);

	CHECK(strchr(text, '\n') == NULL);
	pthread_mutex_lock(&kept->lock);
	kept->text = realloc(kept->text, kept->size + length + 2);
	CHECK(kept->text != NULL);
	memcpy(kept->text + kept->size, text, length);
	memcpy(kept->text + kept->size + length, "\n", 2);
	kept->size += length + 1;
	pthread_mutex_unlock(&kept->lock);
	atomic_fetch_add(&kept->lines, 1);
	if (strstr(text, kept->last) != NULL)
		atomic_fetch_add(&kept->reports, 1);
}

static inline void kept_forget(struct kept_report *kept)
{
	free(kept->text);
	kept->text = NULL;
	kept->size = 0;
	atomic_store(&kept->lines, 0);
}

static inline const char *report_as(struct kept_report *kept, troupe_system system, troupe_report_format format, uint32_t actors_max)
{
	kept_forget(kept);
	CHECK_OK(troupe_system_report(system, TROUPE_OPTIONS(troupe_report_options, .format = format, .actors_max = actors_max,
	                                                     .line = keep_line, .context = kept)));
	CHECK(kept->text != NULL);
	return kept->text;
}

/* The line of the list of actors that is about this one; "": there is none. */
static inline const char *report_line(const struct kept_report *kept, troupe_ref about)
{
	static char line[4096];
	const char *at = strstr(kept->text, "\nactors:");
	char ref[32];

	snprintf(ref, sizeof ref, " ref %016llx", (unsigned long long)about.bits_private);
	line[0] = 0;
	if (at == NULL || (at = strstr(at, ref)) == NULL)
		return line;
	while (*at != '\n')
		at--;
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	return line;
}

static inline bool report_says(const struct kept_report *kept, troupe_ref about, const char *words)
{
	return strstr(report_line(kept, about), words) != NULL;
}

#endif
