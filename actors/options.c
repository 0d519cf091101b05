/* SPDX-License-Identifier: MIT */
/* Options structs begin with their size: a smaller one is an older program's, a larger one a newer program's, which is fine as
 * long as it does not use what we do not know. None at all is a mistake: a program that is compiled again would have its new
 * fields ignored. */
#include "actors/options.h"

#include <string.h>

bool troupei_is_zero(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t any = 0, word;

	/* Word by word: each spawn looks at the reserved words of its behaviour. */
	for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		any |= word;
	}
	for (; size > 0; size--)
		any |= *at++;
	return any == 0;
}

bool troupei_options_read(void *own, size_t size, const void *given)
{
	uint32_t theirs;

	memset(own, 0, size);
	if (given == NULL)
		return true;
	memcpy(&theirs, given, sizeof theirs);
	if (theirs < sizeof theirs)
		return false;
	if (theirs > size && !troupei_is_zero((const unsigned char *)given + size, theirs - size))
		return false;
	memcpy(own, given, theirs < size ? theirs : size);
	return true;
}
