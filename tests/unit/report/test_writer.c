/* SPDX-License-Identifier: MIT */
/* The same calls make text and JSON; what does not fit is left out and leaves JSON whole. */
#include "paper.h"

static struct paper paper;
static struct writer writer;

static void write_some(void)
{
	troupei_writer_begin(&writer, &paper.options);
	troupei_writer_object(&writer, "one");
	troupei_writer_number(&writer, "number", 5);
	troupei_writer_flag(&writer, "flag", true);
	troupei_writer_close(&writer);
	troupei_writer_list(&writer, "many");
	for (int i = 0; i < 2; i++) {
		troupei_writer_item(&writer);
		troupei_writer_text(&writer, "name", "a\"b\n");
		troupei_writer_ref(&writer, "ref", (troupe_ref){ 0xff });
		troupei_writer_close(&writer);
	}
	troupei_writer_list_end(&writer);
	troupei_writer_list(&writer, "none");
	troupei_writer_list_end(&writer);
	troupei_writer_end(&writer);
}

TEST(writer, text)
{
	paper_new(&paper, TROUPE_REPORT_TEXT, 0);
	write_some();
	CHECK_STR_EQ(paper.text, "one: number 5, flag yes\nmany:\n"
	                         "  a\\\"b\\u000a, ref 00000000000000ff\n  a\\\"b\\u000a, ref 00000000000000ff\nnone:\n  none\n");
}

TEST(writer, json)
{
	paper_new(&paper, TROUPE_REPORT_JSON, 0);
	write_some();
	CHECK_STR_EQ(paper.text, "{\n\"one\": {\"number\": 5, \"flag\": true}\n,\"many\": [\n"
	                         "{\"name\": \"a\\\"b\\u000a\", \"ref\": \"00000000000000ff\"}\n"
	                         ",{\"name\": \"a\\\"b\\u000a\", \"ref\": \"00000000000000ff\"}\n]\n,\"none\": [\n]\n}\n");
}

TEST(writer, leaves_out_what_does_not_fit)
{
	char large[900];

	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = 0;
	paper_new(&paper, TROUPE_REPORT_JSON, 0);
	troupei_writer_begin(&writer, &paper.options);
	troupei_writer_object(&writer, "o");
	for (int i = 0; i < 4; i++)
		troupei_writer_text(&writer, "t", large);
	troupei_writer_close(&writer);
	troupei_writer_end(&writer);
	CHECK_EQ(paper.lines, 3);
	CHECK(paper.used < WRITER_LINE_MAX);
	CHECK(paper_says(&paper, "x\", \"cut\": true}\n}\n"));
}

TEST(writer, escapes_and_ends_in_time)
{
	char to[12];

	troupei_writer_escape(to, sizeof to, "a\\b");
	CHECK_STR_EQ(to, "a\\\\b");
	troupei_writer_escape(to, sizeof to, "\xc3\xa9");
	CHECK_STR_EQ(to, "\\u00c3");
	troupei_writer_escape(to, sizeof to, "abcdefghijklmnop");
	CHECK_STR_EQ(to, "abcde");
}
