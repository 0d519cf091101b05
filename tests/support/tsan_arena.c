/* SPDX-License-Identifier: MIT */
/* Linked into FLAVOR=tsan tests only, so that Criterion starts there.
 * Criterion 2.4 maps the arena that its test processes inherit at 0x200000000000 + (rand_r() & 0x3fffff) * 16 MiB, which is
 * nearly always inside ThreadSanitizer's shadow memory, and gives up (Snaipe/Criterion#274). This rand_r steers it into the
 * range that TSan leaves to the program: 0x550800000000 to 0x564800000000.
 * It must be visible to the shared libcriterion, whatever -fvisibility says. */
#include <stdlib.h>

__attribute__((visibility("default"))) int rand_r(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return 0x350800 + (int)((*seed >> 16) & 0x3ff);
}
