/* SPDX-License-Identifier: MIT */
/* report: the parts of one, in the order in which they are made. */
#ifndef TROUPEI_REPORT_REPORT_H
#define TROUPEI_REPORT_REPORT_H

#include "report/edges.h"
#include "report/pick.h"
#include "report/writer.h"

enum { REPORT_MESSAGES_MAX = 100000 }; /* looked at, of all actors */

struct report {
	struct troupei_system *system;
	const troupe_report_options *options;
	struct report_picks picks;
	struct report_edges edges;
	struct report_budget budget;
	struct report_names names;
};

/* The options, with their defaults. False: not valid. */
bool troupei_report_options_read(troupe_report_options *own, const troupe_report_options *given);

/* The system stays for as long as this takes. TROUPE_ENOMEM. */
troupe_status troupei_report_write(struct troupei_system *system, const troupe_report_options *options);

/* Call @p each for every actor that was picked in one of the states from @p first to @p last and lives still, in order. */
void troupei_report_each(struct report *report, enum report_state first, enum report_state last,
                         void (*each)(struct report *report, const struct report_actor *actor, void *context), void *context);

/* system.c: the parts that are not about single actors. */
void troupei_report_system(struct report *report, struct writer *writer);
void troupei_report_workers(struct report *report, struct writer *writer);
void troupei_report_pools(struct writer *writer);

/* shutdown.c */
void troupei_report_shutdown(struct report *report, struct writer *writer);

/* actors.c */
void troupei_report_actors(struct report *report, struct writer *writer);
void troupei_report_waits(struct report *report, struct writer *writer);

/* graph.c */
void troupei_report_graph(struct report *report);

#endif
