/* SPDX-License-Identifier: MIT */
/* Actors in child processes (inmate.h), supervised or not, that die of all causes, kill -9 from outside too, while they are sent
 * parcels and asked. Each parcel is handled in one life, or dead, or passed on; at most one is lost to each death, the one in hand;
 * what was sent before a death has arrived; each end is told once. That no child and no descriptor is left, round.c looks after. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "families.h"
#include "inmate.h"

#define TELL_MAX (20 * TROUPE_S)

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define CAN_FORK false
#else
#define CAN_FORK true
#endif

struct prison {
	struct part *part;
	struct world *world;
	struct jail *jail;
	troupe_ref clerk, warden, refs[INMATES_MAX];
	uint32_t count;
	char names[INMATES_MAX][16];
	troupe_behaviour behaviours[INMATES_MAX];
	struct inmate initial[INMATES_MAX];
	bool supervised[INMATES_MAX];
	troupe_child_spec specs[INMATES_MAX + 1];
	troupe_supervisor tree;
	_Atomic uint32_t tickets;
	uint64_t numbers[TICKETS_MAX];
	_Atomic int32_t dead[TICKETS_MAX]; /* why; 0: not */
	_Atomic uint8_t echoes[TICKETS_MAX];
	_Atomic uint32_t downs[INMATES_MAX];
};

struct watched {
	uint32_t index;
	troupe_ref ref;
};

/* ------------------------------------------------------------------------------------------------------------ clerk -- */

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	struct prison *prison = *(struct prison **)me->state;
	const struct watched *watched = m->data;

	switch (m->kind) {
	case KIND_ECHO: atomic_fetch_add(&prison->echoes[*(const uint32_t *)m->data % TICKETS_MAX], 1); break;
	case KIND_PARCEL:
		note_check(m->data, m->size, m->kind);
		books_mark(((const struct note *)m->data)->number, m->kind, FATE_HANDLED);
		break;
	case KIND_FAVOUR:
		return troupe_done(me, troupe_send_bytes(((const struct plea *)m->data)->reply, KIND_GRANT,
		                                         &(struct grant){ ((const struct plea *)m->data)->id },
		                                         sizeof(struct grant)));
	case KIND_WATCH:
		EXPECT("troupe_monitor", troupe_monitor(me, watched->ref, watched->index, NULL), TROUPE_ECLOSED);
		break;
	case TROUPE_DOWN:
		if (!troupe_ref_equal(m->about, prison->refs[m->token % INMATES_MAX]))
			finding("TROUPE_DOWN is about another actor than the monitor");
		atomic_fetch_add(&prison->downs[m->token % INMATES_MAX], 1);
		break;
	default: return TROUPE_UNKNOWN;
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour clerk = { .name = "clerk", .receive = clerk_receive, .state_size = sizeof(struct prison *) };

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static void send_parcel(struct sender *sender, struct prison *prison, uint32_t thread, uint32_t *sequence)
{
	struct dice *dice = &sender->dice;
	uint32_t to = dice_below(dice, prison->count), ticket = atomic_fetch_add(&prison->tickets, 1);

	if (ticket >= TICKETS_MAX)
		return;
	uint32_t order = dice_one_in(dice, 24) ? dice_below(dice, ORDER_COUNT) : dice_below(dice, ORDER_LAST_HARMLESS + 1);
	struct note note = { .to = to, .edge = order == ORDER_DEFER ? NO_EDGE : thread, .sequence = ++sequence[to],
		             .hops = (uint16_t)(dice_one_in(dice, 2) ? ORDER_NOTHING : order), .burst = ticket };
	/* What post() does, but that the number is kept. */
	uint32_t size = note_size(dice);
	struct note *parcel = process_array(1, size < sizeof note ? sizeof note : size);
	uint64_t letters = books_letters_here();
	*parcel = note;
	if (post_begin(sender, parcel, KIND_PARCEL, size < sizeof note ? sizeof note : size)) {
		note_fill(parcel);
		prison->numbers[ticket] = parcel->number;
		troupe_status status = troupe_send_bytes(prison->refs[to], KIND_PARCEL, parcel, parcel->size);
		post_done(sender, prison->world, parcel->number, KIND_PARCEL, status, letters);
	}
	free(parcel);
}

static void plead(struct prison *prison, struct dice *dice, uint64_t id)
{
	struct plea plea = { .id = id };
	struct grant granted;
	troupe_status status = troupe_call_bytes(prison->refs[dice_below(dice, prison->count)], KIND_PLEA, &plea, sizeof plea,
	                                         offsetof(struct plea, reply), KIND_GRANT, &granted, sizeof granted,
	                                         TELL_MAX * process_slow());

	atomic_fetch_add_explicit(&totals.asks, 1, memory_order_relaxed);
	if (status == TROUPE_OK && granted.id != id)
		finding("a call was answered with what belongs to another question");
	if (status == TROUPE_ETIMEOUT || status == TROUPE_EANSWER || status == TROUPE_EINVAL || status == TROUPE_ENOMEM)
		finding("a call to a process gave %s", troupe_status_name(status));
}

static void drive(struct thread *thread)
{
	struct prison *prison = thread->part->own;
	struct dice *dice = &thread->sender.dice;
	uint32_t sequence[INMATES_MAX] = { 0 };

	for (uint32_t i = 0; i < 300 / process_slow() && !round_closing(thread->part->round); i++) {
		for (uint32_t n = dice_scaled(dice, 1, 8); n > 0; n--)
			send_parcel(&thread->sender, prison, thread->index, sequence);
		if (dice_one_in(dice, 4))
			plead(prison, dice, (uint64_t)thread->index << 32 | (i + 1));
		if (dice_one_in(dice, 16))
			process_nap(dice_below(dice, 1000) * TROUPE_US);
	}
}

/* The number may be another process's by now: a descriptor of it cannot be, and it must be a child. */
static void kill_child(int32_t pid, int number)
{
	char path[40], line[256];
	int parent = 0, fd = pid == 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *stat = fopen(path, "re");
	if (stat != NULL && fgets(line, sizeof line, stat) != NULL && sscanf(line, "%*d (%*[^)]) %*c %d", &parent) == 1 &&
	    parent == (int)getpid())
		syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
	if (stat != NULL)
		fclose(stat);
	close(fd);
}

static void murder(struct thread *thread)
{
	static const int signals[] = { SIGKILL, SIGKILL, SIGKILL, SIGTERM, SIGSEGV, SIGABRT };
	struct prison *prison = thread->part->own;
	struct dice *dice = &thread->sender.dice;

	for (uint32_t i = 0; i < 30 / process_slow() + 5 && !round_closing(thread->part->round); i++) {
		uint32_t whom = dice_below(dice, prison->count);
		if (!dice_one_in(dice, 4))
			kill_child(atomic_load(&prison->jail->pid[whom]), signals[dice_below(dice, 6)]);
		else if (prison->supervised[whom] && dice_one_in(dice, 2))
			EXPECT("troupe_kill", troupe_kill(prison->refs[whom]), TROUPE_EGONE, TROUPE_ECLOSED);
		else if (prison->supervised[whom])
			EXPECT("troupe_stop", troupe_stop(prison->refs[whom]), TROUPE_EGONE, TROUPE_ECLOSED);
		process_nap(dice_below(dice, 3000) * TROUPE_US * process_slow());
	}
}

/* ----------------------------------------------------------------------------------------------------------- begin -- */

static void draw_inmate(struct prison *prison, struct dice *dice, uint32_t i)
{
	snprintf(prison->names[i], sizeof prison->names[i], "p%u", i);
	prison->behaviours[i] = (troupe_behaviour){
		.name = prison->names[i], .receive = inmate_receive, .init = inmate_init, .state_size = sizeof(struct inmate),
		.isolation = TROUPE_PROCESS, .leftovers = (troupe_fate)dice_below(dice, 2),
		.turn_messages_max = dice_one_in(dice, 3) ? dice_between(dice, 1, 5) : 0,
	};
	prison->initial[i] = (struct inmate){ .index = i, .seed = dice_next(dice), .jail = prison->jail, .clerk = prison->clerk };
	prison->supervised[i] = !dice_one_in(dice, 3);
}

static void begin_supervised(struct prison *prison, struct dice *dice)
{
	uint32_t count = 0;

	prison->tree = (troupe_supervisor){ .name = "warden", .children = prison->specs, .restarts_max = TROUPE_UNLIMITED,
		                            .within_ns = 1, .strategy = (troupe_strategy)dice_below(dice, 3) };
	for (uint32_t i = 0; i < prison->count; i++)
		if (prison->supervised[i])
			prison->specs[count++] = (troupe_child_spec){
				.name = prison->names[i], .behaviour = &prison->behaviours[i], .initial = &prison->initial[i],
				.queue = dice_one_in(dice, 3) ? (troupe_queue)dice_below(dice, 3) : TROUPE_QUEUE_KEEP,
				.stop_within_ns = dice_one_in(dice, 4) ? TROUPE_MS : 0,
			};
	if (count == 0 || !EXPECT("troupe_supervise", troupe_supervise(prison->world->system, NULL, &prison->tree, &prison->warden),
	                          TROUPE_OK))
		return;
	for (uint32_t i = 0; i < prison->count; i++)
		if (prison->supervised[i])
			EXPECT("troupe_child", troupe_child(prison->warden, prison->names[i], &prison->refs[i]), TROUPE_OK);
}

static void build(struct part *part)
{
	static bool said;

	if (!CAN_FORK) {
		if (!said)
			fprintf(stderr, "troupe-stress: no processes here: the thread sanitizer does not survive a fork\n");
		said = true;
		return;
	}
	struct prison *prison = process_array(1, sizeof *prison);
	part->own = prison;
	prison->part = part;
	prison->world = &part->round->worlds[part->home];
	prison->jail = mmap(NULL, sizeof *prison->jail, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (prison->jail == MAP_FAILED) {
		perror("troupe-stress: no shared memory");
		exit(2);
	}
	EXPECT("a spawn", troupe_spawn(prison->world->system, &clerk, &prison, &prison->clerk), TROUPE_OK);
	prison->count = dice_between(&part->dice, 1, INMATES_MAX);
	for (uint32_t i = 0; i < prison->count; i++)
		draw_inmate(prison, &part->dice, i);
	begin_supervised(prison, &part->dice);
	for (uint32_t i = 0; i < prison->count; i++)
		if (!prison->supervised[i])
			EXPECT("a spawn", troupe_spawn(prison->world->system, &prison->behaviours[i], &prison->initial[i],
			                               &prison->refs[i]), TROUPE_OK);
}

static void start(struct part *part)
{
	struct prison *prison = part->own;

	if (prison == NULL)
		return;
	for (uint32_t i = 0; i < prison->count; i++)
		EXPECT("a send", troupe_send_bytes(prison->clerk, KIND_WATCH, &(struct watched){ i, prison->refs[i] },
		                                   sizeof(struct watched)), TROUPE_OK);
	for (uint32_t n = dice_between(&part->dice, 1, 3); n > 0; n--)
		part_thread(part, false, drive);
	if (!dice_one_in(&part->dice, 4))
		part_thread(part, false, murder);
}

/* ------------------------------------------------------------------------------------------------------------- end -- */

/* Each has ended, and that was told; once, as is seen when the clerk has handled all of it. */
static void await_downs(struct prison *prison)
{
	double until = report_elapsed() + 15.0 * process_slow();

	for (uint32_t i = 0; i < prison->count; i++) {
		while (atomic_load(&prison->downs[i]) == 0 && report_elapsed() < until)
			process_nap(100 * TROUPE_US);
		if (atomic_load(&prison->downs[i]) == 0)
			finding("process actor %u was told to end, and nobody was told that it has", i);
	}
	worlds_settle(prison->part->round);
}

static void check_echoes(struct prison *prison)
{
	for (uint32_t i = 0; i < TICKETS_MAX; i++)
		if (atomic_load(&prison->echoes[i]) > 1 || atomic_load(&prison->echoes[i]) < atomic_load(&prison->jail->echoed[i]))
			finding("a process handled parcel %u and said so %u times, but %u have arrived", i,
			        atomic_load(&prison->jail->echoed[i]), atomic_load(&prison->echoes[i]));
}

static void stop(struct part *part)
{
	struct prison *prison = part->own;

	if (prison == NULL)
		return;
	if (!troupe_ref_is_null(prison->warden))
		EXPECT("troupe_stop", troupe_stop(prison->warden), TROUPE_EGONE, TROUPE_ECLOSED);
	for (uint32_t i = 0; i < prison->count; i++)
		if (!prison->supervised[i])
			EXPECT("troupe_stop", troupe_stop(prison->refs[i]), TROUPE_EGONE, TROUPE_ECLOSED);
	await_downs(prison);
	check_echoes(prison);
	EXPECT("troupe_stop", troupe_stop(prison->clerk), TROUPE_OK);
}

static void letter(struct part *part, const troupe_dead_letter *dead)
{
	struct prison *prison = part->own;

	atomic_store(&prison->dead[((const struct note *)dead->data)->burst % TICKETS_MAX], dead->why);
}

/* Now the books can be told what was handled. */
static uint32_t check_parcel(struct prison *prison, uint32_t i)
{
	unsigned begun = atomic_load(&prison->jail->begun[i]), done = atomic_load(&prison->jail->done[i]);
	troupe_status why = (troupe_status)atomic_load(&prison->dead[i]);

	if (prison->numbers[i] == 0)
		return 0;
	if (begun > 1)
		finding("a process was given parcel %u %u times", i, begun);
	if (done && why == TROUPE_OK)
		books_mark(prison->numbers[i], KIND_PARCEL, FATE_HANDLED);
	if (done && why != TROUPE_OK && why != TROUPE_ECRASHED && why != TROUPE_EKILLED)
		finding("parcel %u was handled in a process, and is a dead letter: %s", i, troupe_status_name(why));
	return done && why != TROUPE_OK;
}

static void check(struct part *part)
{
	struct prison *prison = part->own;
	uint32_t lives = 0, cut_off = 0;

	if (prison == NULL)
		return;
	for (uint32_t i = 0; i < TICKETS_MAX; i++)
		cut_off += check_parcel(prison, i);
	for (uint32_t i = 0; i < prison->count; i++) {
		lives += atomic_load(&prison->jail->lives[i]);
		if (atomic_load(&prison->downs[i]) > 1)
			finding("the end of process actor %u was told %u times", i, atomic_load(&prison->downs[i]));
	}
	if (cut_off > lives)
		finding("%u parcels were handled and are dead, but only %u processes have lived", cut_off, lives);
	if (atomic_load(&prison->jail->disordered) != 0 || atomic_load(&prison->jail->changed) != 0)
		finding("in processes %u messages were out of order, %u not what was sent", atomic_load(&prison->jail->disordered),
		        atomic_load(&prison->jail->changed));
	atomic_fetch_add(&totals.actors, prison->count);
	atomic_fetch_add(&totals.lives, lives);
}

static void discard(struct part *part)
{
	struct prison *prison = part->own;

	if (prison == NULL)
		return;
	munmap(prison->jail, sizeof *prison->jail);
	free(prison);
}

const struct scenario process_scenario = {
	.name = "process", .about = "actors in child processes that die of all causes, supervised or not, asked meanwhile",
	.build = build, .start = start, .stop = stop, .check = check, .discard = discard, .letter = letter,
};
