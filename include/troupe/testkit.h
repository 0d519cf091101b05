/* SPDX-License-Identifier: MIT */
/* Test kit: a system that a test holds in its hands. It is a simulation in the process of the test, on its thread, from a seed:
 * so a test of actors sees the same order of messages each time that it runs, and an hour of their time takes none of yours.
 *
 *   - Between two calls that wait nobody runs but the test. Of those that can go on while it waits the seed chooses.
 *   - Time stands still but in the calls that say so, and goes to the next deadline when all is idle. (A system that never
 *     comes to rest would keep it standing for ever: after 200,000 steps at one moment each step takes 1 ms.)
 *   - A call that expects something and does not see it returns a status, and says in words what was expected and what came
 *     instead: troupe_test_words. troupe_test_must prints these and aborts, so that the kit fits into any framework of tests.
 *   - The same test, given to troupe_explore, is run with many orders of messages (simulate.h). There time does not stand
 *     still, and the explorer chooses; what troupe_test_must was asked for and is not so fails the schedule.
 * One test at a time in a process, with nothing else of Troupe's alive. All functions are for the thread that began it, outside
 * of handlers: else, and while no test has begun, they are TROUPE_ECONTEXT. Those that only read may be called in handlers.
 * Blocking here means: runs the system. within_ns is in its time, and 0 means: what comes while no time goes by. */
#ifndef TROUPE_TESTKIT_H
#define TROUPE_TESTKIT_H

#include "ask.h"
#include "system.h"
#include "watch.h"

TROUPE_EXTERN_C_BEGIN

/* How to begin. */
typedef struct troupe_test_options {
	uint32_t struct_size;         /* see TROUPE_OPTIONS */
	uint32_t reserved_small;      /* 0 */
	uint64_t seed;                /* another one is another order; default: TROUPE_TEST_SEED of the environment, else 1 */
	uint64_t steps_max;           /* more are taken for a test that never ends: it is aborted; default: 100,000,000 */
	const troupe_options *system; /* of the system; `workers` says nothing here. Its hooks are called as ever; without one for
	                                 the log, lines are kept for troupe_test_logged and not printed. Default: every default */
	uint64_t reserved;            /* 0 */
} troupe_test_options;

/** Begin a test: start a system in a simulation. More systems may be started in it, and must be finished before its end.
 *  @param out  the system: for all that a system is for
 *  @retval TROUPE_EINVAL   a reserved field that is not 0, struct_size, or what troupe_start says of options->system
 *  @retval TROUPE_EEXIST   a test has begun already
 *  @retval TROUPE_ECONTEXT  called in a handler, or a system is alive that is no simulation   @retval TROUPE_ENOMEM
 *  Nothing is left behind by a failure. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_test_begin(const troupe_test_options *options, troupe_system *out);

/** End it: finish the system (60 s of its time), check its ledger, free all probes and what they were sent, end the simulation.
 *  @retval TROUPE_ETIMEOUT  ended, but some actors had to be killed
 *  @retval TROUPE_EFAILED   ended, but a pool was not closed: it is of no use any more. Or the books do not agree, by a fault of
 *                           Troupe's or memory overwritten: troupe_test_words
 *  @retval TROUPE_EEXIST    another system is alive in the simulation: nothing happened
 *  @retval TROUPE_EINVAL    @p system is not the test's: nothing happened   @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_test_end(troupe_system system);

/** Let all run that can until nobody can go on without time going by. No time does.
 *  @retval TROUPE_ETIMEOUT  it has not come to rest in 200,000 steps: words   @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_test_run(void);

/** Let so much time go by, and all run that do meanwhile: what is due at its end has been handled when it returns.
 *  @param ns  0: as troupe_test_run
 *  @retval TROUPE_EINVAL   below 0, or past the end of time (292 years)
 *  @retval TROUPE_ETIMEOUT  time is over, but all has not come to rest: words   @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_test_advance(int64_t ns);

/** Let time go by, from deadline to deadline, until @p condition is true when all is idle.
 *  @param condition  called on this thread, outside of handlers; must not call what blocks
 *  @param what       for the words: "the door is shut"; NULL: no words
 *  @retval TROUPE_ETIMEOUT  it is not, and time is over: words
 *  @retval TROUPE_EINVAL   no condition, or a time as for troupe_test_advance   @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_test_until(bool (*condition)(void *context), void *context, const char *what,
                                                            int64_t within_ns);

/** What the last expectation that failed expected, and what came instead. Never NULL; "" when none has failed since the test
 *  began; static, until the next one fails or begins. Any time. */
TROUPE_API const char *troupe_test_words(void);

/** How many dead letters there have been since the test began; still there when it has ended.
 *  @param kind  0: of any   @param why  TROUPE_OK: any reason. Of more than 1024 the first are known by kind and reason */
TROUPE_API uint64_t troupe_test_letters(int32_t kind, troupe_status why);

/** Has the system logged a line with these words since the test began? Of the first 64 lines. NULL is in none. */
TROUPE_API bool troupe_test_logged(const char *words);

/** troupe_test_must(call): prints the place, the call, its status, the words and the seed to stderr, and aborts, unless it is
 *  TROUPE_OK. In troupe_explore it fails the schedule with the words instead. */
#define troupe_test_must(call) troupe_test_must_at((call), #call, __FILE__, __LINE__)

/** What troupe_test_must calls. */
TROUPE_API void troupe_test_must_at(troupe_status status, const char *call, const char *file, int line);

/* ---------------------------------------------------------------------------------------------------------- PROBES --
 * A probe is an actor that keeps what it is sent, for the test to look at. It takes messages of any kind, and Troupe's own; the
 * end of an actor that it is linked to is a message to it. What it is sent WAITS, in the order in which it came, until an
 * expectation takes it. A question is kept: the test answers it when it likes, by sending to the reply address in it, or never.
 * With a script (below) it is a stub: it answers by itself. */
typedef struct troupe_probe {
	troupe_ref ref;                  /* to be given to those who are to send to it: (counter){ probe.ref } */
	struct troupei_probe *private_;
} troupe_probe;

/* How to open one. */
typedef struct troupe_probe_options {
	uint32_t struct_size;     /* see TROUPE_OPTIONS */
	uint32_t reserved_small;  /* 0 */
	const char *name;         /* for the words, and registered: who looks it up finds the probe; copied; default: none */
	const troupe_kind *kinds; /* for the words; kept; default: numbers alone */
	uint64_t reserved;        /* 0 */
} troupe_probe_options;

/** Spawn a probe; it ends with the test. @param system  the test's, or another of the simulation
 *  @retval TROUPE_EINVAL   a null system, reserved fields, a name that is empty or too long
 *  @retval TROUPE_EEXIST   the name is taken   @retval TROUPE_ENOMEM   @retval TROUPE_ECONTEXT
 *  @retval TROUPE_ELIMIT   @retval TROUPE_ECLOSED  as troupe_spawn */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_open(troupe_system system, const troupe_probe_options *options,
                                                            troupe_probe *out);

/** troupe_probe_expect(probe, in, KIND, within_ns): the next message is of this KIND, comes in time, and is taken. Blocking.
 *  @p in is a variable of a protocol's union that has KIND; in.KIND is the payload then, until the end of the test:
 *      troupe_test_must(troupe_probe_expect(probe, in, COUNTER_ADD, TROUPE_S));
 *      ... in.COUNTER_ADD->by
 *  @retval TROUPE_ETIMEOUT  nothing came   @retval TROUPE_EANSWER  another kind or size came first: it waits still
 *  @retval TROUPE_EGONE    nothing waits, and the probe has ended   @retval TROUPE_EINVAL  a time as for troupe_test_advance
 *  @retval TROUPE_ENOMEM   there was none to keep a message that came   @retval TROUPE_ECONTEXT */
#define troupe_probe_expect(probe, in, KIND, within_ns) \
	troupe_probe_expect_bytes((probe), (KIND), sizeof *(in).KIND, (within_ns), &(in).KIND)

/** The untyped form.
 *  @param size  of the payload; UINT32_MAX: any
 *  @param payload_address  where to put a pointer to the payload (NULL when it is empty); NULL: nowhere */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_expect_bytes(troupe_probe probe, int32_t kind, size_t size,
                                                                    int64_t within_ns, void *payload_address);

/** The same for any payload, and for Troupe's own kinds: troupe_probe_expect_kind(probe, TROUPE_DOWN, TROUPE_S). */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_expect_kind(troupe_probe probe, int32_t kind, int64_t within_ns);

/** troupe_probe_await(probe, in, KIND, within_ns): the first message of this KIND, whatever comes before it: that goes on
 *  waiting. Otherwise as troupe_probe_expect; TROUPE_EANSWER: it has another size. */
#define troupe_probe_await(probe, in, KIND, within_ns) \
	troupe_probe_await_bytes((probe), (KIND), sizeof *(in).KIND, (within_ns), &(in).KIND)

/** The untyped form. Parameters as troupe_probe_expect_bytes. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_await_bytes(troupe_probe probe, int32_t kind, size_t size,
                                                                   int64_t within_ns, void *payload_address);

/** The next messages are of these kinds, in this order, and all come in time. None is taken unless all are. Blocking.
 *  Codes as troupe_probe_expect. @retval TROUPE_EINVAL  also: @p kinds is NULL, @p count 0 */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_expect_order(troupe_probe probe, const int32_t *kinds, size_t count,
                                                                    int64_t within_ns);

/** Nothing waits, and nothing comes for so long. Blocking: so much time goes by.
 *  @retval TROUPE_EFAILED  something did: it waits, and the call returns at once
 *  @retval TROUPE_EINVAL  @retval TROUPE_ENOMEM  @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_expect_none(troupe_probe probe, int64_t for_ns);

/** The message that the last expectation took (of several in order, the last): who sent it, token, why. Its data is valid until
 *  the end of the test. NULL: none has yet. */
TROUPE_API const troupe_message *troupe_probe_last(troupe_probe probe);

/** How many messages wait. */
TROUPE_API size_t troupe_probe_waiting(troupe_probe probe);

/** Whatever waits now is of no interest: it waits no more. How many there were. */
TROUPE_API size_t troupe_probe_clear(troupe_probe probe);

/** How many messages of @p kind (0: of any) have ever come: taken, waiting, or answered by the script. */
TROUPE_API size_t troupe_probe_calls(troupe_probe probe, int32_t kind);

/** The one of these that came as number @p index, from 0 on; NULL: there were fewer. */
TROUPE_API const troupe_message *troupe_probe_call(troupe_probe probe, int32_t kind, size_t index);

/* ------------------------------------------------------------------------------------------ in the name of a probe -- */

/** troupe_probe_send(probe, to, KIND, .field = value, ...): send, with the probe as m->sender: what is sent back comes to it.
 *  Codes as troupe_send_from. @retval TROUPE_ECONTEXT */
#define troupe_probe_send(probe, to, KIND, ...) \
	troupe_probe_send_bytes((probe), (to).ref, (KIND), &(__typeof__(*(to).KIND)){ __VA_ARGS__ }, sizeof *(to).KIND)

/** The untyped form. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_send_bytes(troupe_probe probe, troupe_ref to, int32_t kind,
                                                                  const void *data, size_t size);

/** troupe_probe_ask(probe, to, KIND, within_ns, .field = value, ...): ask; the outcome, an answer or TROUPE_UNANSWERED, comes
 *  to the probe. within_ns is the answer's; 0: no limit. Blocking: until the question is sent. Codes as troupe_ask_then, and
 *  @retval TROUPE_ETIMEOUT  the probe does not handle messages, since it awaits an answer   @retval TROUPE_ECONTEXT */
#define troupe_probe_ask(probe, to, KIND, within_ns, ...)                                                \
	troupe_probe_ask_bytes((probe), (to).ref, (KIND), &(__typeof__(*(to).KIND)){ __VA_ARGS__ },      \
	                       sizeof *(to).KIND, offsetof(__typeof__(*(to).KIND), reply), (within_ns))

/** The untyped form. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_ask_bytes(troupe_probe probe, troupe_ref to, int32_t kind,
                                                                 const void *data, size_t size, size_t reply_offset,
                                                                 int64_t within_ns);

/** Monitor @p other: TROUPE_DOWN comes to the probe. Codes as troupe_monitor, and the two of troupe_probe_ask. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_monitor(troupe_probe probe, troupe_ref other, uint64_t token);

/** Have the probe do anything that an actor can, in a handler of its own: spawn children, link, set timers, fail. Blocking:
 *  until it has been done.
 *  @param play  what it returns is the verdict of that handler; TROUPE_FAILED ends the probe
 *  @retval TROUPE_EINVAL   no @p play   @retval TROUPE_EGONE  the probe has ended   @retval TROUPE_ENOMEM
 *  @retval TROUPE_ETIMEOUT  it does not handle messages, since it awaits an answer (hold): it is not done
 *  @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_do(troupe_probe probe,
                                                          troupe_verdict (*play)(troupe_actor *me, void *argument),
                                                          void *argument);

/* ----------------------------------------------------------------------------------------------------------- SCRIPTS --
 * What a script says about a kind is done at once when a message of it comes; that message does not wait for the test, but
 * troupe_probe_calls counts it. The oldest line for its kind that has times left serves it; then the line for the rest, if it
 * is a question; else it waits. Lines may be added at any time. */

/** troupe_probe_answer(probe, to, KIND, times, ANSWER, .field = value, ...): the next questions of this KIND, so many
 *  (0: all), are answered with ANSWER and these fields. @p to: a union of the protocol that has KIND; only its type matters.
 *  It does not compile when KIND's reply takes no ANSWER. Codes as troupe_probe_answer_bytes. */
#define troupe_probe_answer(probe, to, KIND, times, ANSWER, ...)                                              \
	troupe_probe_answer_bytes((probe), (KIND), (times), (ANSWER),                                         \
	                          &(__typeof__(*(to).KIND->reply.ANSWER)){ __VA_ARGS__ },                     \
	                          sizeof *(to).KIND->reply.ANSWER)

/** The untyped form.
 *  @param kind  0: any that no other line serves. A message of @p kind that is no question is taken, and that is all
 *  @retval TROUPE_EINVAL  a kind below 0, an answer not above 0, no data for @p size, or too much
 *  @retval TROUPE_ENOMEM   @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_answer_bytes(troupe_probe probe, int32_t kind, uint32_t times,
                                                                    int32_t answer, const void *data, size_t size);

/** troupe_probe_answer_rest(probe, reply, ANSWER, .field = value, ...): questions that no other line serves are answered so.
 *  @p reply: a reply union that has ANSWER; only its type matters. */
#define troupe_probe_answer_rest(probe, reply, ANSWER, ...)                                                        \
	troupe_probe_answer_bytes((probe), 0, 0, (ANSWER), &(__typeof__(*(reply).ANSWER)){ __VA_ARGS__ },          \
	                          sizeof *(reply).ANSWER)

/** The next messages of @p kind, so many (0: all), are taken, and that is all: a question among them is never answered, until
 *  the probe ends. Codes as troupe_probe_answer_bytes. @param kind  above 0 */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_swallow(troupe_probe probe, int32_t kind, uint32_t times);

/** The next message of @p kind ends the probe, by this failure: who asked, links, monitors or supervises sees it.
 *  Codes as troupe_probe_answer_bytes. @param kind  above 0   @param why  TROUPE_OK is taken as TROUPE_EFAILED */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_probe_fail(troupe_probe probe, int32_t kind, troupe_status why);

TROUPE_EXTERN_C_END
#endif
