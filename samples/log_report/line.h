/* SPDX-License-Identifier: MIT */
/* A line of dpkg's log, as dpkg(1) describes it under --log:
 *     2025-06-24 14:36:29 install perl:amd64 <none> 5.36.0-7+deb12u2
 *     2025-06-24 14:36:29 status half-installed perl:amd64 5.36.0-7+deb12u2
 *     2025-06-24 14:36:25 startup archives unpack
 * Nothing about actors. */
#ifndef LOG_REPORT_LINE_H
#define LOG_REPORT_LINE_H

enum { LINE_UNKNOWN, LINE_KINDS = 18 }; /* what is no line of dpkg's is unknown */

struct event {
	int kind;         /* below LINE_KINDS */
	char minute[17];  /* "2025-06-24 14:36", "" when unknown */
	char package[80]; /* without its architecture; "" when there is none */
};

struct event line_parse(const char *line);

/* Such as "install" and "status unpacked". */
const char *line_kind_name(int kind);

#endif
