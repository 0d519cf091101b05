/* SPDX-License-Identifier: MIT */
#include "recorded.h"

static char said[16384];

static int commands(const char *lines)
{
	char path[80], settings[100];

	snprintf(path, sizeof path, "%s.commands", recorded_path());
	FILE *file = fopen(path, "w");
	CHECK(file != NULL);
	fputs(lines, file);
	fclose(file);
	snprintf(settings, sizeof settings, ";commands=%s", path);
	int status = recorded_again(settings, said, sizeof said);
	unlink(path);
	return status;
}

TEST(debugger, it_goes_to_a_message_and_back_and_forwards_again)
{
	recorded_crash();
	CHECK_EQ(commands("to 3\nback\nnext 4\n"), REPLAY_FAILED);
	CHECK(strstr(said, ">        3 ") != NULL);
	CHECK(strstr(said, ">        2 ") != NULL);
	CHECK(strstr(said, ">        6 ") != NULL);
	unlink(recorded_path());
}

TEST(debugger, the_same_message_is_the_same_each_time)
{
	recorded_crash();
	commands("to 7\nback 5\nto 7\nquit\n");
	const char *first = strstr(said, ">        7 "), *second = first != NULL ? strstr(first + 1, ">        7 ") : NULL;
	CHECK(second != NULL);
	CHECK_EQ(strncmp(first, second, strcspn(first, "\n")), 0);
	unlink(recorded_path());
}

TEST(debugger, it_tells_where_a_message_comes_from_and_who_an_actor_is)
{
	recorded_crash();
	commands("to 9\nwhy\nwho ring 1\nwho 99\nlist 3\nbreak ring 2\nrun\nhelp\nquit\n");
	CHECK(strstr(said, "main -> ring") != NULL); /* the beginning of each chain */
	CHECK(strstr(said, "ring 1: 24 bytes of state") != NULL);
	CHECK(strstr(said, "messages wait") != NULL);
	CHECK(strstr(said, "there is no such actor: 99") != NULL);
	CHECK(strstr(said, "-> ring 2") != NULL);
	CHECK(strstr(said, "break ACTOR") != NULL);
	unlink(recorded_path());
}

TEST(debugger, on_from_the_failure_there_is_the_failure_again)
{
	recorded_crash();
	CHECK_EQ(commands("next\nquit\n"), REPLAY_FAILED);
	const char *first = strstr(said, "killed by signal 6");
	CHECK(first != NULL && strstr(first + 1, "killed by signal 6") != NULL);
	unlink(recorded_path());
}
