/* SPDX-License-Identifier: MIT */
/* Chunks: an actor that floods appends to a chunk that lies in a mailbox, while another sender pushes behind it and a worker
 * takes. Code: actors/send.c, actors/flood.c, mailbox/chunk.c, mailbox/mailbox.h. (K1 to K4, F4)
 *
 * Must hold: each message once, with its bytes, in its sender's order; none overtakes one that its sender knew of (K2); each
 * chunk is freed once, by the last of the two who look at it. */
#include <string.h>

#include "../blocks.h"
#include "../interleave.h"
#include "actors/flood.h"
#include "actors/remote.h"

enum { FLOODED = 7, KNOWN = 6 /* sent by the flooder before the other one sends */, KIND = 1, CELLS = 2, SLOT = 1, SYSTEM = 1 };
enum { FLOODER, OTHER, RECEIVER, THREADS };

struct cell *troupei_cells;
uint32_t troupei_slot_limit;
__thread struct worker *troupei_worker_current __attribute__((tls_model("initial-exec")));
struct remote *troupei_remote; /* NULL: this is no child process */

static struct cell cells[CELLS];
static struct actor_worker *workers; /* of the two senders */
static struct handover ready, told[2];
static int flooded_seen, other_seen; /* the actor's state */
static int senders_left;             /* books */

static troupe_ref actor_ref(void)
{
	return troupei_ref(SLOT, 1);
}

/* The sender's worker would run it next: it is given to the one that receives. */
static void schedule(struct actor_worker *worker)
{
	if (worker->base.lifo == NULL)
		return;
	worker->base.lifo = NULL;
	handover_put(&ready, &cells[SLOT]);
}

void troupei_worker_publish(struct worker *worker)
{
	schedule((struct actor_worker *)worker);
}

/* F5 is about who runs next: not here. */
void troupei_worker_flooded(struct worker *worker, uint64_t ticks)
{
	(void)worker;
	(void)ticks;
}

/* What send.c calls on other ways than these. */
void troupei_worker_queue(struct worker *worker, struct runnable *runnable)
{
	(void)worker;
	(void)runnable;
	schedule_fails("queued: the slot was not empty");
}

static void send(struct actor_worker *worker, int number)
{
	uint64_t payload = (uint64_t)number;

	EXPECT(troupe_send_bytes(actor_ref(), KIND, &payload, sizeof payload) == TROUPE_OK);
	schedule(worker);
}

static void sender_over(void)
{
	if (book_add(&senders_left, -1) == 0)
		handover_close(&ready);
}

/* Sends as an actor that has sent many in one turn; between them it hears that the other one has sent. */
static void flooder(void *at)
{
	struct actor_worker *worker = at;

	troupei_worker_current = &worker->base;
	troupei_flood_set(worker, true);
	for (int i = 1; i <= FLOODED; i++) {
		send(worker, i);
		if (i == KNOWN) {
			handover_put(&told[OTHER], worker);
			handover_take(&told[FLOODER]);
		}
	}
	troupei_flood_over(worker);
	sender_over();
}

static void other(void *at)
{
	struct actor_worker *worker = at;

	troupei_worker_current = &worker->base;
	handover_take(&told[OTHER]);
	send(worker, 100);
	handover_put(&told[FLOODER], worker);
	sender_over();
}

static void handle(const void *payload)
{
	uint64_t number;

	memcpy(&number, payload, sizeof number);
	if (number == 100) {
		EXPECT(flooded_seen >= KNOWN);
		other_seen++;
		return;
	}
	EXPECT(number == (uint64_t)flooded_seen + 1);
	EXPECT(number <= KNOWN || other_seen == 1); /* K2 */
	flooded_seen++;
}

static void handle_chunk(struct chunk *chunk)
{
	const void *payload;

	EXPECT(chunk->kind == KIND && chunk->size == sizeof(uint64_t));
	while ((payload = troupei_chunk_next(chunk)) != NULL)
		handle(payload);
	troupei_chunk_owner_done(chunk);
}

static void receiver(void *unused)
{
	struct mailbox *mailbox = &cells[SLOT].mailbox;
	struct envelope *envelope;

	(void)unused;
	while (handover_take(&ready) != NULL)
		do {
			troupei_mailbox_take(mailbox);
			while ((envelope = troupei_list_pop(&mailbox->tail)) != NULL) {
				EXPECT(envelope->generation == 1);
				if (troupei_envelope_is_chunk(envelope)) {
					handle_chunk(troupei_chunk_of(envelope));
					continue;
				}
				handle(envelope + 1);
				troupei_block_give(envelope, envelope->flags & ENVELOPE_CLASS);
			}
		} while (!troupei_mailbox_idle(mailbox));
}

static void worker_begin(struct actor_worker *worker)
{
	memset(&worker->base, 0, offsetof(struct worker, buffer));
	memset(&worker->tally, 0, sizeof worker->tally);
	worker->system_id = worker->sends_to = SYSTEM;
	worker->apart = worker->flooding = false;
	worker->publish_at = 1000;
	worker->floods[SLOT] = (struct flood_entry){ 0 };
	worker->flooded_count = 0;
}

static void begin(void)
{
	static struct actor_worker both[2];

	workers = both;
	blocks_begin();
	memset(cells, 0, sizeof cells);
	memset(&ready, 0, sizeof ready);
	memset(told, 0, sizeof told);
	flooded_seen = other_seen = 0;
	senders_left = 2;
	troupei_cells = cells;
	troupei_slot_limit = CELLS;
	cells[SLOT].generation = 1;
	cells[SLOT].system = SYSTEM;
	cells[SLOT].mailbox.head = MAILBOX_IDLE;
	worker_begin(&workers[FLOODER]);
	worker_begin(&workers[OTHER]);
	thread_has_own(&troupei_worker_current, sizeof troupei_worker_current);
	name_memory(&cells[SLOT], sizeof cells[SLOT], "the actor");
	name_memory(&cells[SLOT].mailbox.head, 8, "head");
	name_memory(&cells[SLOT].generation, 4, "generation");
	name_memory(&cells[SLOT].system, 1, "system");
	NAME(ready);
	NAME(told[FLOODER]);
	NAME(told[OTHER]);
	name_value(1, "IDLE");
	thread_start("flooder", flooder, &workers[FLOODER]);
	thread_start("other", other, &workers[OTHER]);
	thread_start("receiver", receiver, NULL);
}

static void end(void)
{
	EXPECT(flooded_seen == FLOODED && other_seen == 1);
	EXPECT(cells[SLOT].mailbox.head == MAILBOX_IDLE);
	EXPECT(blocks_out == 0);
}

const struct scenario scenario = { "chunks", begin, end };
