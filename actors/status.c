/* SPDX-License-Identifier: MIT */
/* Names and texts of the status codes, from the one list. */
#include "troupe/status.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/threads.h"

const char *troupe_status_name(troupe_status status)
{
	switch ((int)status) {
#define NAME(name, number, text) \
	case number:             \
		return "TROUPE_" #name;
		TROUPE_STATUS_LIST(NAME)
#undef NAME
	}
	return (int)status <= TROUPE_EUSER ? "TROUPE_EUSER" : "?";
}

const char *troupe_status_text(troupe_status status)
{
	switch ((int)status) {
#define TEXT(name, number, text) \
	case number:             \
		return text;
		TROUPE_STATUS_LIST(TEXT)
#undef TEXT
	}
	return (int)status <= TROUPE_EUSER ? "a code of the program's own" : "not a code of Troupe's";
}

void troupe_must_at(troupe_status status, const char *call, const char *file, int line)
{
	if (status == TROUPE_OK)
		return;
	fprintf(stderr, "%s:%d: %s: %s, %s\n", file, line, call, troupe_status_name(status), troupe_status_text(status));
	fflush(stderr);
	if (troupei_is_simulated())
		troupei_thread_seam->gave_up();
	abort();
}
