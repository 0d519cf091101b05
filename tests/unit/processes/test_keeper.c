/* SPDX-License-Identifier: MIT */
/* The keeper makes children, tells of them, and leaves none: no process, no zombie, no descriptor. */
#include "processes/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomics.h"
#include "base/memory.h"
#include "support/testing.h"

struct owner {
	atomic_int news;
	int exits_with; /* -1: it echoes what it is sent */
};

static atomic_int befores, afters;

static void note_news(void *owner)
{
	atomic_fetch_add(&((struct owner *)owner)->news, 1);
}

static void note_fork(bool before)
{
	atomic_fetch_add(before ? &befores : &afters, 1);
}

static void live(void *argument, int fd)
{
	const struct owner *owner = argument;
	char byte;
	while (owner->exits_with < 0 && read(fd, &byte, 1) == 1)
		if (write(fd, &byte, 1) != 1)
			break;
	_exit(owner->exits_with < 0 ? 0 : owner->exits_with);
}

static const struct keeper_hooks hooks = { .news = note_news, .around = note_fork, .child = live };
static struct keeper keeper;

static int open_files(void)
{
	int count = 0;
	DIR *files = opendir("/proc/self/fd");
	while (readdir(files) != NULL)
		count++;
	closedir(files);
	return count;
}

static void await_death(const struct ward *ward)
{
	while (!troupei_load_acquire_8(&ward->dead))
		usleep(200);
}

TEST(keeper, is_no_thread_before_the_first_child)
{
	int files = open_files();
	troupei_keeper_init(&keeper, &hooks);
	CHECK(!keeper.running);
	CHECK_EQ(open_files(), files);
	troupei_keeper_fini(&keeper);
}

TEST(keeper, tells_what_comes_and_how_it_ends)
{
	struct owner echo = { .exits_with = -1 }, brief = { .exits_with = 7 };
	struct ward *one, *other;
	char byte = 'x';
	int files = open_files();
	troupei_keeper_init(&keeper, &hooks);
	CHECK_OK(troupei_keeper_fork(&keeper, &echo, &one));
	CHECK_OK(troupei_keeper_fork(&keeper, &brief, &other));
	CHECK_EQ(befores, 2);
	CHECK_EQ(afters, 2);
	CHECK_EQ(write(one->fd, &byte, 1), 1);
	while (atomic_load(&echo.news) == 0) /* first: what has been read already is no news */
		usleep(100);
	CHECK_EQ(read(one->fd, &byte, 1), 1);
	await_death(other);
	CHECK(other->status_known && WIFEXITED(other->status));
	CHECK_EQ(WEXITSTATUS(other->status), 7);
	CHECK(!troupei_load_acquire_8(&one->dead));
	troupei_keeper_kill(one);
	await_death(one);
	CHECK_EQ(WTERMSIG(one->status), SIGKILL);
	troupei_keeper_drop(&keeper, one);
	troupei_keeper_drop(&keeper, other);
	troupei_keeper_fini(&keeper);
	CHECK_EQ(open_files(), files);
}

TEST(keeper, tells_once_when_there_is_room)
{
	struct owner owner = { .exits_with = -1 };
	struct ward *ward;
	troupei_keeper_init(&keeper, &hooks);
	CHECK_OK(troupei_keeper_fork(&keeper, &owner, &ward));
	troupei_keeper_want_room(&keeper, ward);
	while (atomic_load(&owner.news) == 0)
		usleep(100);
	troupei_keeper_drop(&keeper, ward);
	troupei_keeper_fini(&keeper);
}

TEST(keeper, who_is_dropped_is_killed_and_nobody_is_told)
{
	struct owner owner = { .exits_with = -1 };
	struct ward *ward;
	int files = open_files();
	troupei_keeper_init(&keeper, &hooks);
	for (int i = 0; i < 20; i++) {
		CHECK_OK(troupei_keeper_fork(&keeper, &owner, &ward));
		troupei_keeper_drop(&keeper, ward);
	}
	troupei_keeper_fini(&keeper);
	CHECK_EQ(owner.news, 0);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_EQ(errno, ECHILD);
	CHECK_EQ(open_files(), files);
}

TEST(keeper, a_fork_that_fails_leaves_nothing)
{
	struct owner owner = { .exits_with = 0 };
	struct rlimit limit, before;
	struct ward *ward;
	int files = open_files();
	troupei_keeper_init(&keeper, &hooks);
	CHECK_OK(troupei_keeper_fork(&keeper, &owner, &ward));
	troupei_keeper_drop(&keeper, ward);
	CHECK_OK(getrlimit(RLIMIT_NOFILE, &before));
	for (rlim_t room = 3; room < 16; room++) { /* at every step of it */
		limit = before;
		limit.rlim_cur = room;
		CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
		int error = troupei_keeper_fork(&keeper, &owner, &ward);
		CHECK_OK(setrlimit(RLIMIT_NOFILE, &before));
		CHECK(error == 0 || error == EMFILE);
		CHECK(room > 3 || error == EMFILE);
		if (error == 0)
			troupei_keeper_drop(&keeper, ward);
	}
	troupei_keeper_fini(&keeper);
	CHECK_EQ(open_files(), files);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
}

static bool fail(size_t size)
{
	(void)size;
	return true;
}

TEST(keeper, no_memory_is_a_code)
{
	struct ward *ward;
	troupei_keeper_init(&keeper, &hooks);
	troupei_memory_fail_by(fail);
	CHECK_EQ(troupei_keeper_fork(&keeper, &keeper, &ward), ENOMEM);
	troupei_memory_fail_by(NULL);
	troupei_keeper_fini(&keeper);
}

TEST(keeper, others_may_reap_its_children)
{
	struct owner owner = { .exits_with = 3 };
	struct ward *ward;
	CHECK_OK(sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL));
	troupei_keeper_init(&keeper, &hooks);
	CHECK_OK(troupei_keeper_fork(&keeper, &owner, &ward));
	await_death(ward);
	CHECK(!ward->status_known);
	troupei_keeper_drop(&keeper, ward);
	troupei_keeper_fini(&keeper);
}
