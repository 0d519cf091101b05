/* SPDX-License-Identifier: MIT */
/* What is there is copied; what is not is not, and nothing faults. */
#include <sys/mman.h>
#include <unistd.h>

#include "report/glance.h"
#include "support/testing.h"

/* Two pages of which the second cannot be read. */
static char *half_a_mapping(size_t page)
{
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	CHECK_OK(mprotect(at + page, page, PROT_NONE));
	return at;
}

TEST(glance, copies_what_is_there)
{
	const uint64_t from = 0x1122334455667788;
	uint64_t to = 0;

	CHECK(troupei_glance(&to, &from, sizeof to));
	CHECK_EQ(to, from);
}

TEST(glance, does_not_fault_where_nothing_is)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = half_a_mapping(page);
	char to[16];

	CHECK(!troupei_glance(to, NULL, sizeof to));
	CHECK(!troupei_glance(to, (const void *)8, sizeof to));
	CHECK(!troupei_glance(to, at + page, sizeof to));
	CHECK(!troupei_glance(to, at + page - 8, sizeof to));
	CHECK(troupei_glance(to, at + page - sizeof to, sizeof to));
	CHECK_OK(munmap(at, 2 * page));
}

TEST(glance, text_ends)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = half_a_mapping(page), to[8];

	troupei_glance_text(to, sizeof to, "short");
	CHECK_STR_EQ(to, "short");
	troupei_glance_text(to, sizeof to, "much too long");
	CHECK_STR_EQ(to, "much to");
	troupei_glance_text(to, sizeof to, NULL);
	CHECK_STR_EQ(to, "");
	troupei_glance_text(to, sizeof to, at + page);
	CHECK_STR_EQ(to, "");
	memcpy(at + page - 4, "end", 4); /* it ends where the mapping does */
	troupei_glance_text(to, sizeof to, at + page - 4);
	CHECK_STR_EQ(to, "end");
	memcpy(at + page - 4, "open", 4);
	troupei_glance_text(to, sizeof to, at + page - 4);
	CHECK_STR_EQ(to, "ope");
	CHECK_OK(munmap(at, 2 * page));
}
