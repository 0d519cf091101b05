/* SPDX-License-Identifier: MIT */
/* job_pool: work that blocks, away from the workers. A clerk has every file of a tree hashed by a pool of threads, each after a
 * wait as for a slow disk; the results come to it as messages. On the only worker a heart beats meanwhile: nothing stalls.
 *
 *     build/samples/job_pool [files [threads]]      up to so many files of /usr/share/doc
 *
 * Checks the sum of all hashes against a plain loop, and that the heart has beaten while files were waited for. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include "troupe.h"
#include "sample.h"

enum { FILES_MAX = 20000, PATH_SIZE = 512, BYTES_MAX = 1 << 16, DISK_NS = 2000000 };
enum { CLERK_HASH = 1, CLERK_FILE, CLERK_SUM, HEART_BEAT, HEART_READ, HEART_BEATS };

struct sum { uint64_t hash, files; };
typedef union sum_reply { troupe_ref ref; const struct sum *CLERK_SUM; } sum_reply;
struct order { sum_reply reply; troupe_pool pool; };
typedef union clerk { troupe_ref ref; const void *data; const struct order *CLERK_HASH; const struct sum *CLERK_FILE; } clerk;
struct beats { uint64_t n; int64_t longest_ns, last_ns; };
typedef union beats_reply { troupe_ref ref; const struct beats *HEART_BEATS; } beats_reply;
struct read { beats_reply reply; };
typedef union heart { troupe_ref ref; const void *data; const struct read *HEART_READ; } heart;
struct clerk_state { struct sum sum; sum_reply reply; };
static char paths[FILES_MAX][PATH_SIZE]; /* written before the actors are made, then only read */
static uint64_t found, files_max = 400;

static int find(const char *name, const struct stat *s, int type, struct FTW *at)
{
	if (s != NULL && at != NULL && type == FTW_F && strlen(name) < PATH_SIZE)
		snprintf(paths[found++], PATH_SIZE, "%s", name);
	return found >= files_max;
}
static uint64_t hash_of(const char *name) /* FNV-1a of its first bytes */
{
	FILE *file = fopen(name, "rb");
	uint64_t hash = UINT64_C(14695981039346656037);
	for (int c, n = 0; file != NULL && n < BYTES_MAX && (c = getc(file)) != EOF; n++)
		hash = (hash ^ (unsigned char)c) * UINT64_C(1099511628211);
	return file != NULL && fclose(file) == 0 ? hash : 0;
}

static troupe_status hash_file(troupe_job *job, void *path) /* on a thread of the pool: it may block */
{
	nanosleep(&(struct timespec){ .tv_nsec = DISK_NS }, NULL);
	return troupe_job_give(job, &(struct sum){ .hash = hash_of(path), .files = 1 }, sizeof(struct sum));
}

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	struct clerk_state *self = me->state;
	clerk in = { .data = m->data };
	troupe_status status = m->kind == CLERK_HASH ? troupe_keep(me, m) : TROUPE_OK;

	if (m->kind == CLERK_HASH) {
		self->reply = in.CLERK_HASH->reply;
		for (uint64_t i = 0; i < found && status == TROUPE_OK; i++)
			status = troupe_submit_then(me, in.CLERK_HASH->pool, hash_file, paths[i], 0, CLERK_FILE, NULL, 0);
	} else if (m->kind != CLERK_FILE) {
		return troupe_fail(me, m->why); /* TROUPE_UNANSWERED: a job was refused */
	} else { /* in any order */
		self->sum.hash += in.CLERK_FILE->hash;
		self->sum.files += in.CLERK_FILE->files;
	}
	return troupe_done(me, self->sum.files == found ? troupe_send_struct(self->reply, CLERK_SUM, &self->sum) : status);
}
static troupe_verdict heart_receive(troupe_actor *me, const troupe_message *m)
{
	struct beats *self = me->state;
	heart in = { .data = m->data };
	int64_t now = troupe_now(me->system), gap = self->n > 0 ? now - self->last_ns : 0;

	if (m->kind == HEART_READ)
		return troupe_done(me, troupe_send_struct(in.HEART_READ->reply, HEART_BEATS, self));
	*self = (struct beats){ self->n + 1, gap > self->longest_ns ? gap : self->longest_ns, now };
	return TROUPE_HANDLED;
}

static troupe_verdict heart_init(troupe_actor *me) { return troupe_done(me, troupe_every(me, TROUPE_MS, HEART_BEAT, 0, NULL)); }
static const troupe_behaviour clerking = { "clerk", clerk_receive, .state_size = sizeof(struct clerk_state) };
static const troupe_behaviour beating = { "heart", heart_receive, heart_init, .state_size = sizeof(struct beats) };

int main(int argc, char **argv)
{
	uint64_t threads = 16, expected = 0;
	struct sum sum; struct beats beats; troupe_ledger ledger; troupe_system system; troupe_pool pool; clerk c; heart h;
	sample_counts(argc, argv, { "files", &files_max, 1, FILES_MAX }, { "threads", &threads, 1, 1000 });
	nftw("/usr/share/doc", find, 16, FTW_PHYS);
	troupe_must(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = (uint32_t)threads), &pool));
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .ledger = &ledger), &system));
	troupe_must(troupe_spawn(system, &clerking, NULL, &c.ref));
	troupe_must(troupe_spawn(system, &beating, NULL, &h.ref));
	troupe_must(troupe_call(c, CLERK_HASH, CLERK_SUM, &sum, SAMPLE_PATIENCE, .pool = pool));
	troupe_must(troupe_call(h, HEART_READ, HEART_BEATS, &beats, SAMPLE_PATIENCE, 0));
	troupe_must(troupe_pool_close(pool, SAMPLE_PATIENCE, TROUPE_RUN_QUEUED));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	for (uint64_t i = 0; i < found; i++)
		expected += hash_of(paths[i]);
	bool beaten = beats.n > 0 || troupe_is_simulation(); /* where files take no time */
	return sample_done(sum.hash == expected && sum.files == found && beaten, &ledger, "job_pool: %" PRIu64
	                   " files, %" PRIu64 " beats, at most %.1f ms apart", found, beats.n, (double)beats.longest_ns / 1e6);
}
