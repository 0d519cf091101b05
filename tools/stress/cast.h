/* SPDX-License-Identifier: MIT */
/* The cast: actors that fail on purpose, and the truth about each of them. All families of fault tolerance play with it, so that
 * what they test meets in the same actors: supervised or not, contained or blocking or plain, grouped, linked, asked.
 *     cast.c     builds it: roles, who plays them how, trees of supervisors; ends it
 *     player.c   the actor; mishap.c how its lives end
 *     family_*.c what a player does besides, and how that is checked
 * A new capability is one new family_*.c and a line in cast_families.c: `dress` changes the behaviours that are cast (a bound, an
 * isolation), `act` is called in handlers, `receive` is shown messages, `audit` is asked when all has come to rest. */
#ifndef STRESS_CAST_H
#define STRESS_CAST_H

#include "actor.h"

#define ROLES_MAX      128u /* with those that are made later */
#define NESTS_MAX      24u
#define FAMILIES_MAX   16u

/* Kinds that the books do not know: families keep their own. They begin with a note, number 0. */
enum {
	KIND_SEEK = 64, /* a question that any player is asked */
	KIND_FOUND,     /* its answer */
	KIND_COPY,      /* to a group, for all of its members */
	KIND_RESULT,    /* of a task */
	KIND_SETTLE_UP, /* answer what you kept */
	KIND_AWAIT,     /* a question that is awaited */
	KIND_AWAITED,   /* its answer */
	KIND_AUDIT      /* all has come to rest: is anything missing? */
};

struct cast;
struct family;
struct player;

/* A supervisor. */
struct nest {
	troupe_supervisor tree;
	troupe_child_spec *specs;
	struct nest *above;  /* NULL: the top of its tree */
	struct world *world;
	troupe_ref ref;
	bool may_end;        /* it, or one above it, may give up or end by itself */
	char name[12];
};

/* An actor, for all of its lives. Written by who plays it, read by anyone. */
struct role {
	_Atomic uint64_t ref;
	struct world *world;
	struct nest *nest;       /* NULL: it has no supervisor, and one life */
	uint32_t place;          /* among the children of its nest; those of less begin before it */
	troupe_restart restart;
	troupe_behaviour behaviour;
	struct player *initial;
	char name[12];
	_Atomic uint32_t begun;  /* lives */
	_Atomic uint32_t ended;  /* lives */
	_Atomic bool alive;      /* between the two */
	_Atomic bool gone;       /* somebody was told that it has ended for good */
	_Atomic bool removed;    /* its supervisor was told to forget it */
	_Atomic bool linked;     /* somebody called troupe_link with it */
	_Atomic int32_t last;    /* how the last life ended */
	bool pooled;             /* a group made it: what it hands back another member gets */
	_Atomic bool routed;     /* in a pool: what its members hand back may come to this one */
	_Atomic bool child;      /* of another role: told to end when that one ends */
};

/* Is this the reason that is known? One that has crashed and waits for its children may still be killed. */
static inline bool role_ended_by(struct role *role, troupe_status why)
{
	int32_t last = atomic_load_explicit(&role->last, memory_order_relaxed);

	return why == (troupe_status)last || (last == TROUPE_ECRASHED && why == TROUPE_EKILLED);
}

/* Its messages come in no order. */
static inline bool role_newest_first(const struct role *role)
{
	return role->behaviour.bounds != NULL && role->behaviour.bounds->newest_first;
}

struct cast {
	struct part *part;
	uint32_t families;       /* a bit each */
	void *own[FAMILIES_MAX]; /* each family's */
	uint32_t offset[FAMILIES_MAX]; /* of its part of a player's state */
	uint32_t state_size;
	uint32_t mishap_in;      /* one in so many messages ends a life */
	uint32_t first_count;    /* roles that are there from the beginning */
	_Atomic uint32_t roles_count;
	struct role roles[ROLES_MAX];
	struct nest nests[NESTS_MAX];
	unsigned nests_count;
	_Atomic uint32_t *sent, *seen; /* [from * ROLES_MAX + to]: the last number */
	bool closed;
};

/* What an actor's state begins with; behind it what each family needs. */
struct player {
	struct self self;
	struct cast *cast;
	uint32_t life;     /* 0: not begun */
	uint32_t pattern;  /* a role that has the same behaviour; for members that a group makes */
	bool holding;      /* awaits an answer without handling anything else meanwhile */
	bool crashing;     /* no function of this life may run any more */
};

struct family {
	const char *name, *about;
	uint32_t state_size; /* of each player's own part */
	void (*build)(struct cast *cast, void **own);                                      /* before the first actor */
	void (*dress)(struct cast *cast, struct dice *dice, troupe_behaviour *behaviour);
	void (*start)(struct cast *cast);                                                  /* all actors are there */
	void (*act)(troupe_actor *me, struct player *player);
	bool (*receive)(troupe_actor *me, struct player *player, const troupe_message *m); /* false: not mine */
	void (*over)(struct player *player, troupe_status why);                            /* a life ends */
	void (*close)(struct cast *cast);                    /* no thread of the part runs; the systems still do */
	void (*audit)(struct cast *cast);                    /* quiet rounds: all players have had KIND_AUDIT */
	void (*stop)(struct cast *cast);                     /* quiet rounds: end what is not a role */
	void (*check)(struct cast *cast);                    /* the systems have ended */
	void (*discard)(struct cast *cast);
};

extern const struct family *const families[];
extern const unsigned families_count;

#define FAMILY_NONE UINT32_MAX

/* Which number a family has; FAMILY_NONE: none. */
uint32_t family_number(const struct family *family);

static inline bool cast_has(const struct cast *cast, uint32_t family)
{
	return (cast->families >> family & 1) != 0;
}

/** The part of a player's state that belongs to family number @p family. */
static inline void *player_part(struct player *player, uint32_t family)
{
	return (char *)player + player->cast->offset[family];
}

static inline struct role *player_role(struct player *player)
{
	return &player->cast->roles[player->self.index];
}

/** Any role that has been cast; also one's own. */
uint32_t cast_draw(struct cast *cast, struct dice *dice);

/** Its reference; null: not there yet. */
static inline troupe_ref role_ref(struct role *role)
{
	return (troupe_ref){ atomic_load_explicit(&role->ref, memory_order_acquire) };
}

/** Whose reference it is; ROLES_MAX: no role's. */
uint32_t cast_find(struct cast *cast, troupe_ref ref);

/** A role for one more actor. False: there are enough. */
bool cast_more(struct cast *cast, struct world *world, uint32_t *index);

/** It was made after all, here. */
void role_made(struct role *role, troupe_ref ref);

/** The child that a supervisor is given for role @p index. */
troupe_child_spec role_spec(struct cast *cast, struct dice *dice, uint32_t index);

/** Send a player one of the kinds that the books do not know. @p payload begins with a note. */
troupe_status cast_tell(struct cast *cast, troupe_ref to, int32_t kind, void *payload, uint32_t size);

/** Fill in the note of such a payload. */
void cast_note(struct cast *cast, struct note *note, int32_t kind, uint32_t size);

/** A question to a role or a group, from anywhere. @p keep: it may be kept until KIND_SETTLE_UP. */
struct seek {
	struct note note;
	uint64_t id;
	troupe_ref reply;
	uint64_t keep;
};
struct found {
	struct note note;
	uint64_t id;
};

troupe_status cast_seek(struct cast *cast, troupe_ref to, troupe_ref address, uint64_t id, bool keep);

/** Send a parcel to role @p to. @p me may be NULL. EGONE: it is not there yet, or has ended. */
troupe_status player_post(struct sender *sender, troupe_actor *me, struct cast *cast, uint32_t from, uint32_t to, uint16_t hops);

/** The functions of every player's behaviour. */
troupe_verdict player_receive(troupe_actor *me, const troupe_message *m);
troupe_verdict player_init(troupe_actor *me);
void player_terminate(troupe_actor *me, troupe_status why);

/** A life ends here: writes down how. */
void life_over(struct player *player, troupe_status why);

/** End the life that runs, in one of all ways. What the handler is to return, if it comes back. */
troupe_verdict mishap(troupe_actor *me, struct player *player);

/** Another way out of init, and one in terminate. */
troupe_verdict mishap_at_birth(troupe_actor *me, struct player *player);
void mishap_at_end(troupe_actor *me, struct player *player);

/** The scenario's functions: the same for each family and for their mixture. */
void cast_build(struct part *part);
void cast_start(struct part *part);
void cast_close(struct part *part);
void cast_stop(struct part *part);
void cast_check(struct part *part);
void cast_discard(struct part *part);

/** Trees of supervisors for some of the roles; nest.c. */
void nests_build(struct cast *cast);
void nests_start(struct cast *cast);
void nests_stop(struct cast *cast);
void nests_audit(struct cast *cast);
void nests_discard(struct cast *cast);

#define CAST_SCENARIO(word, sentence, which)                                                                          \
	{                                                                                                             \
		.name = word, .about = sentence, .family = which, .build = cast_build, .start = cast_start,           \
		.close = cast_close, .stop = cast_stop, .check = cast_check, .discard = cast_discard,                 \
		.takes_refusals = true                                                                                \
	}

#endif
