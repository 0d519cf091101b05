/* SPDX-License-Identifier: MIT */
#include "report/glance.h"

#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE_SMALLEST = 4096 };

/* How many bytes from the beginning could be read; below 0: none. */
static ssize_t copy(void *to, const void *from, size_t size)
{
	size_t in_page = PAGE_SMALLEST - (uintptr_t)from % PAGE_SMALLEST, first = size < in_page ? size : in_page;
	struct iovec local = { .iov_base = to, .iov_len = size };
	/* In two parts: what lies in the first page is read also when the next one is not there. */
	struct iovec remote[2] = { { .iov_base = (void *)(uintptr_t)from, .iov_len = first },
		                   { .iov_base = (char *)(uintptr_t)from + first, .iov_len = size - first } };

	return process_vm_readv(getpid(), &local, 1, remote, size > first ? 2 : 1, 0);
}

bool troupei_glance(void *to, const void *from, size_t size)
{
	return from != NULL && copy(to, from, size) == (ssize_t)size;
}

void troupei_glance_text(char *to, size_t size, const char *from)
{
	ssize_t length = from != NULL && size < PAGE_SMALLEST ? copy(to, from, size) : -1;

	if (length <= 0) {
		to[0] = 0;
		return;
	}
	if ((size_t)length == size)
		to[size - 1] = 0;
	else if (memchr(to, 0, (size_t)length) == NULL)
		to[length - 1] = 0;
}
