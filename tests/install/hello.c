/* SPDX-License-Identifier: MIT */
/* The smallest program against an installed Troupe: compiles, links, calls the library, whichever way it was found. */
#include <stdio.h>
#include <troupe.h>

int main(void)
{
	const char *name = troupe_status_name(TROUPE_OK);

	printf("%d %s\n", TROUPE_VERSION, name);
	return name == NULL;
}
