/* SPDX-License-Identifier: MIT */
/* What actors/send.c calls on ways that the scenario chunks does not go. */
#include "interleave.h"

#define STRANGER(name)                                              \
	void name(void);                                            \
	void name(void) { schedule_fails(#name " was called"); }
STRANGER(troupei_ask_answer)
STRANGER(troupei_remote_send)
STRANGER(troupei_route_open)
STRANGER(troupei_route_close)
STRANGER(troupei_route_refuse)
STRANGER(troupei_post_cell)
STRANGER(troupei_blocking_publish)
STRANGER(troupei_check_failed)
STRANGER(troupei_note_unsent)
STRANGER(troupei_note_refused)
