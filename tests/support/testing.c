/* SPDX-License-Identifier: MIT */
#include "support/testing.h"

#include <stdarg.h>
#include <stdio.h>

void test_failed(const char *file, int line, const char *format, ...)
{
	char text[2000];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	cr_assert(false, "%s:%d: %s", file, line, text);
}
