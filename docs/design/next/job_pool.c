/* SPDX-License-Identifier: MIT */
/* DRAFT against next.h. job_pool: hash all files of a tree. Who walks it and who reads the files may block: their behaviours
 * say so, and run on threads apart from workers. A heartbeat on the workers says when they stall: it says nothing. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include "next.h"

enum { READERS = 16, READER_FILE = 1, CLERK_HASHED, CLERK_TOTAL, HEART_BEAT };

struct file   { char path[512]; };
struct hashed { uint64_t hash, bytes, files; };
typedef union reader { troupe_ref ref; const void *data; const struct file *READER_FILE; } reader;
typedef union clerk { troupe_ref ref; const void *data; const struct hashed *CLERK_HASHED, *CLERK_TOTAL; } clerk;

struct staff  { reader readers; clerk clerk; uint64_t files; const char *root; };
struct book   { struct hashed sum; uint64_t files; };
static _Thread_local struct staff *walking; /* nftw passes nothing on */
static int walker_find(const char *path, const struct stat *s, int type, struct FTW *at)
{
	struct file file;
	if (s == NULL || at == NULL || type != FTW_F || snprintf(file.path, sizeof file.path, "%s", path) >= 512)
		return 0;
	walking->files++;
	return troupe_send_struct(walking->readers, READER_FILE, &file) != TROUPE_OK;
}

static troupe_verdict walker_init(troupe_actor *me) /* blocks, as receive may */
{
	walking = me->state;
	if (nftw(walking->root, walker_find, 16, FTW_PHYS) != 0)
		return TROUPE_FAILED;
	return troupe_done(me, troupe_send(walking->clerk, CLERK_TOTAL, .files = walking->files));
}

static troupe_verdict reader_receive(troupe_actor *me, const troupe_message *m)
{
	struct staff *self = me->state;
	reader in = { .data = m->data };
	struct hashed sum = { .hash = UINT64_C(14695981039346656037) };

	FILE *file = fopen(in.READER_FILE->path, "rb"); /* READER_FILE is all it gets, and the walker gets nothing */
	for (int c; file != NULL && (c = getc(file)) != EOF; sum.bytes++)
		sum.hash = (sum.hash ^ (unsigned char)c) * UINT64_C(1099511628211);
	sum.hash = file == NULL || fclose(file) != 0 ? 0 : sum.hash;
	return troupe_done(me, troupe_send_struct(self->clerk, CLERK_HASHED, &sum));
}

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	struct book *self = me->state;
	clerk in = { .data = m->data };

	if (m->kind == CLERK_HASHED)
		self->sum.hash ^= in.CLERK_HASHED->hash, self->sum.bytes += in.CLERK_HASHED->bytes, self->sum.files++;
	else
		self->files = in.CLERK_TOTAL->files;
	if (self->sum.files < self->files) /* the total may come first, or last */
		return TROUPE_HANDLED;
	printf("%" PRIu64 " files, %" PRIu64 " bytes, hash %016" PRIx64 "\n", self->files, self->sum.bytes, self->sum.hash);
	return troupe_done(me, troupe_quit(me->system));
}

static troupe_verdict heart_receive(troupe_actor *me, const troupe_message *m) /* HEART_BEAT */
{
	int64_t *last_ns = me->state, now = troupe_now(me->system);
	if (m->kind == HEART_BEAT && *last_ns > 0 && now - *last_ns > 5 * TROUPE_MS)
		printf("no beat for %d ms\n", (int)((now - *last_ns) / TROUPE_MS));
	*last_ns = now;
	return TROUPE_HANDLED;
}

static troupe_verdict heart_init(troupe_actor *me)
{
	return troupe_done(me, troupe_every(me, TROUPE_MS, HEART_BEAT, 0, NULL));
}

static const troupe_behaviour walker = { "walker", reader_receive, walker_init, .blocks = 1, .state_size = sizeof(struct staff) };
static const troupe_behaviour reading = { "reader", reader_receive, .blocks = 1, .state_size = sizeof(struct staff) };
static const troupe_behaviour counting = { "clerk", clerk_receive, .state_size = sizeof(struct book) };
static const troupe_behaviour heart = { "heart", heart_receive, heart_init, .state_size = sizeof(int64_t) };

int main(int argc, char **argv)
{
	struct staff staff = { .root = argc > 1 ? argv[1] : "." };
	troupe_system system;
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .blocking_max = READERS + 1), &system));
	troupe_must(troupe_group_open(system, NULL, TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_LEAST),
	                              &staff.readers.ref));
	troupe_must(troupe_spawn(system, &counting, &(struct book){ .files = UINT64_MAX }, &staff.clerk.ref));
	troupe_must(troupe_spawn(system, &heart, NULL, NULL));
	for (int i = 0; i < READERS; i++)
		troupe_must(troupe_spawn_with(system, NULL, &reading, &staff,
		                              TROUPE_OPTIONS(troupe_spawn_options, .joins = staff.readers.ref), NULL));
	troupe_must(troupe_spawn(system, &walker, &staff, NULL));
	troupe_must(troupe_run(system));
	return troupe_finish(system, 10 * TROUPE_S) == TROUPE_OK ? 0 : 1;
}
