# SPDX-License-Identifier: MIT
# Troupe: an actor framework in C11 for Linux. `make help` lists what can be asked for.
#
# FLAVOR=release|debug|asan|tsan   what to build; asan is address and undefined together (coverage: make coverage)
# CC=gcc|clang                     each compiler and flavour has a folder of its own, so that objects never mix
# WERROR=1                         warnings are errors (make test always asks for it)
# V=1                              show each command in full
# BUILD=build                      where everything goes
# New files are found by themselves: a room is a folder, and every .c in it belongs to the library.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
SOMAJOR := 0
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
BUILD   ?= build
FLAVOR  ?= release
WERROR  ?= 0

STRESS_SECONDS ?= 60
STRESS_ARGS    ?= --seconds $(STRESS_SECONDS)
BENCH_ARGS     ?=

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin AR),default)
AR := ar
endif
OBJCOPY ?= objcopy

# ---- flags ----------------------------------------------------------------------------------------------------------

warnings := -Wall -Wextra -Wpedantic -Wundef -Wshadow -Wstrict-prototypes -Wmissing-prototypes
ifeq ($(WERROR),1)
warnings += -Werror
endif

define_release :=
flags_release  := -O2 -g -fno-plt
define_debug   := -DTROUPE_DEBUG=1
flags_debug    := -O1 -g3 -fno-omit-frame-pointer
define_asan    := -DTROUPE_DEBUG=1 -DTROUPE_ALLOC_MALLOC=1
flags_asan     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
define_tsan    := -DTROUPE_DEBUG=1 -DTROUPE_ALLOC_MALLOC=1 -include tests/support/ck_tsan.h
flags_tsan     := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -mcx16
define_coverage :=
flags_coverage  := -O1 -g1 -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -fprofile-update=atomic

ifeq ($(filter $(FLAVOR),release debug asan tsan coverage),)
$(error FLAVOR is release, debug, asan, tsan or coverage, not "$(FLAVOR)")
endif

is_clang := $(findstring clang,$(notdir $(firstword $(CC))))
ifeq ($(FLAVOR)$(is_clang),tsan)
flags_tsan += -Wno-tsan # gcc: "fences are not supported"; ck_tsan.h puts the order on the accesses instead
endif

all_cppflags := -D_GNU_SOURCE $(define_$(FLAVOR)) $(CPPFLAGS)
all_cflags   := -std=c11 -fvisibility=hidden -fPIC -pthread $(warnings) $(flags_$(FLAVOR)) $(CFLAGS)
all_ldflags  := $(flags_$(FLAVOR)) -pthread $(LDFLAGS)
libs         := -lck -lpthread -lm
own_text     := $(foreach part,.text .text.unlikely .text.unlikely. .text.hot .text.hot.,--rename-section $(part)=troupe_text)

# ---- what there is --------------------------------------------------------------------------------------------------

ifneq ($(filter coverage,$(FLAVOR))$(if $(is_clang),,plain),)
out := $(if $(filter release,$(FLAVOR)),$(BUILD),$(BUILD)/$(FLAVOR))
else
out := $(BUILD)/clang-$(FLAVOR)
endif

rooms       := $(wildcard base processes mailbox scheduler actors executors groups report explore testkit io streams store cluster)
headers     := $(wildcard include/troupe.h include/troupe/*.h)
lib_src     := $(foreach room,$(rooms),$(wildcard $(room)/*.c))
stress_src  := $(wildcard tools/stress/*.c)
bench_src   := $(wildcard bench/*.c bench/savina/*.c)
blockers_src := $(wildcard bench/blockers/*.c)
troupe_src  := $(wildcard tools/troupe/*.c)
micro_src   := $(wildcard bench/micro/*.c)
failures_src := $(wildcard tests/failures/*.c)
sample_src  := $(wildcard samples/*.c samples/*/*.c)
support_src := $(filter-out %/tsan_arena.c %/asan_fork.c,$(wildcard tests/support/*.c))
test_src    := $(wildcard tests/unit/*/test_*.c tests/*/test_*.c)

objects_of = $(patsubst %.c,$(out)/obj/%.o,$(1))
lib_obj     := $(call objects_of,$(lib_src))
stress_obj  := $(call objects_of,$(stress_src))
bench_obj   := $(call objects_of,$(bench_src))
blockers_obj := $(call objects_of,$(blockers_src))
troupe_obj  := $(call objects_of,$(troupe_src))
micro_obj   := $(call objects_of,$(micro_src))
failures_obj := $(call objects_of,$(failures_src))
support_obj := $(call objects_of,$(support_src))
arena_obj   := $(if $(filter tsan,$(FLAVOR)),$(call objects_of,$(wildcard tests/support/tsan_arena.c)))
fork_obj    := $(if $(filter asan,$(FLAVOR)),$(call objects_of,$(wildcard tests/support/asan_fork.c)))
fork_ld      = $(if $(fork_obj),$(fork_obj) $(foreach name,malloc calloc realloc aligned_alloc free,-Wl$(comma)--wrap=$(name)))
# What a process counts is kept however it ends; its object is the last that is linked: tests/coverage/shared_counters.c.
counters_obj := $(if $(filter coverage,$(FLAVOR)),$(call objects_of,tests/coverage/shared_counters.c))
all_obj     := $(call objects_of,$(lib_src) $(stress_src) $(bench_src) $(blockers_src) $(troupe_src) $(sample_src) $(support_src) $(test_src)) $(arena_obj) $(fork_obj) $(counters_obj)
all_obj     += $(micro_obj) $(failures_obj)

static_lib  := $(out)/libtroupe.a
shared_lib  := $(if $(lib_src),$(out)/libtroupe.so)
stress_bin  := $(if $(stress_src),$(out)/troupe-stress)
bench_bin   := $(if $(bench_src),$(out)/troupe-bench)
blockers_bin := $(if $(blockers_src),$(out)/troupe-blockers)
troupe_bin  := $(if $(troupe_src),$(out)/troupe)
micro_bin   := $(if $(micro_src),$(out)/troupe-micro)
failures_bin := $(out)/troupe-failures
# A sample is samples/<name>.c, or a folder samples/<name>/, or both together.
sample_names := $(sort $(patsubst samples/%.c,%,$(wildcard samples/*.c)) \
                $(foreach f,$(filter-out samples/buggy/%,$(wildcard samples/*/*.c)),$(word 2,$(subst /, ,$f))))
# Each of samples/buggy/ is built twice: as it is, and as <name>_fixed with -DFIXED.
buggy_names := $(patsubst samples/%.c,%,$(wildcard samples/buggy/*.c))
buggy_names += $(buggy_names:%=%_fixed)
sample_bin  := $(sample_names:%=$(out)/samples/%) $(buggy_names:%=$(out)/samples/%)
buggy_entry := $(buggy_names:%=$(out)/obj/samples/%.entry.o)
buggy_obj   := $(call objects_of,$(wildcard tools/buggy/*.c))
buggy_bin   := $(if $(buggy_obj),$(out)/troupe-buggy)
all_obj     += $(buggy_names:%=$(out)/obj/samples/%.o) $(buggy_entry) $(buggy_obj)
test_bin    := $(test_src:%.c=$(out)/%)
test_folders := $(sort $(patsubst %/,%,$(dir $(test_src))))
folder_bin  := $(test_folders:%=$(out)/%/all) # what `make test` runs: one link a folder instead of one a file

# ---- what can be asked for ------------------------------------------------------------------------------------------

.PHONY: all lib tools samples bench tests run test quick stress crashes parking explore overload blockers bench-peers check docs install uninstall clean help FORCE
.PHONY: test-installed list-tests list-samples troupe-stress

all: lib tools samples ## the library, the tools, the samples and the benchmarks (default)

lib: $(static_lib) $(shared_lib) ## libtroupe.a and libtroupe.so
tools: $(troupe_bin) $(stress_bin) $(bench_bin) $(blockers_bin) $(micro_bin) $(buggy_bin)
samples: $(sample_bin) ## every program of samples/
bench: $(bench_bin) ## troupe-bench, the workloads: build/troupe-bench --list
tests: $(folder_bin) $(failures_bin) ## compile the tests of this FLAVOR, run nothing

run: ## install what is missing, build, and run the tour
	@tools/install-deps run
	@$(MAKE) --no-print-directory samples
	@$(out)/samples/tour

test: ## install what is missing, then everything that can be tested; the last line says how it went
	@tools/install-deps test
	@$(MAKE) --no-print-directory test-installed

test-installed:
	@tools/run-tests --build $(BUILD)

quick: ## the unit tests and promises in FLAVOR, and the checks: a minute, for while you work
	@tools/run-tests --build $(BUILD) --quick $(FLAVOR)

troupe-stress: $(stress_bin)
stress: $(stress_bin) ## run troupe-stress for STRESS_SECONDS (60); STRESS_ARGS=--help
	$(stress_bin) $(STRESS_ARGS)

blockers: $(blockers_bin) ## an unrelated question's p99 beside 64 actors that block, in alternating rounds
	$(blockers_bin)

bench-peers: $(bench_bin) ## beside Erlang, Go, CAF and tokio, those that are installed: tables and charts; BENCH_ARGS="--runs 5"
	@bench/peers/compare --troupe $(bench_bin) --out $(BUILD)/peers $(BENCH_ARGS)

.PHONY: bench-micro bench-guard
bench-micro: $(micro_bin) ## ns that each part costs: send, spawn, ask, timer, wake-up, theft, block; MICRO_ARGS="--only ask"
	$(micro_bin) $(MICRO_ARGS)

bench-guard: $(micro_bin) ## fail if a hot path takes 3 % more instructions than bench/guard.txt says; GUARD_ARGS=--update
	@tools/bench-guard --program $(micro_bin) $(GUARD_ARGS)

crashes: $(out)/tests/promises/test_containment ## 100,000 crashes of all causes in one process, all contained
	TROUPE_CRASHES=20000 $< --filter 'containment/of_every*'

parking: $(out)/tests/promises/test_parking ## 10,000 random graphs of actors that park and ask each other: none hangs
	TROUPE_SEEDS=10000 $< --filter 'parking/random*'

explore: $(out)/tests/promises/test_simulated_systems $(out)/tests/promises/test_simulated_parts ## 1,000,000 simulated runs of small systems, with failures by chance
	for test in $^; do TROUPE_SCHEDULES=62500 $$test -j2 --timeout 900 || exit 1; done

.PHONY: interleave
interleave: ## the lock-free parts, step by step: a million schedules a scenario, then each seeded fault; INTERLEAVE_ARGS="--only gate"
	@tests/interleave/run --build $(BUILD) --long $(INTERLEAVE_ARGS)

OVERLOAD_SECONDS ?= 60
overload: $(out)/tests/promises/test_overload ## a producer ten times too fast, OVERLOAD_SECONDS (60) for each policy
	TROUPE_OVERLOAD_SECONDS=$(OVERLOAD_SECONDS) $< -j1

.PHONY: failures
failures: ## every allocation and system call fails once, at each of its places, in each scenario; FAILURES_ARGS="--only asking"
	@$(MAKE) --no-print-directory -s FLAVOR=asan $(BUILD)/asan/troupe-failures
	$(BUILD)/asan/troupe-failures --jobs 2 $(FAILURES_ARGS)

SAME_RUNS ?= 1000
.PHONY: explore-same
explore-same: $(troupe_bin) samples ## each sample, SAME_RUNS (1000) times from one seed: is every run the same?
	@BUILD=$(out) tests/explore/same --runs $(SAME_RUNS)

.PHONY: explore-samples
explore-samples: $(troupe_bin) samples ## each sample in 200 orders, with crashes and refused memory; each bug made small from 20 seeds
	@BUILD=$(out) tests/explore/injected --schedules 200
	@BUILD=$(out) tests/explore/smaller --seeds 20

.PHONY: models mutants
models: ## the Spin and Relacy models of the lock-free protocols, and the faults that they must find: tests/models
	@tools/install-deps models
	@tests/models/run $(MODELS_ARGS)

mutants: ## change the core a little, again and again: does a test notice? MUTANTS_ARGS="--only mailbox --sample 0"
	@tools/install-deps test
	@BUILD=$(BUILD) tools/mutants $(MUTANTS_ARGS)

.PHONY: coverage
coverage: ## branches and MC/DC of the core by clang-19: what does no test reach? COVERAGE_ARGS="--only mailbox"
	@tools/install-deps coverage
	@BUILD=$(BUILD) tools/coverage $(COVERAGE_ARGS)

check: lib ## layers, lengths, test twins, text that is code, exported names
	@tools/check/all --build $(BUILD)

docs: $(BUILD)/man/.made ## manual pages from the headers, in build/man

list-tests:
	@printf '%s\n' $(test_bin)
list-samples:
	@printf '%s\n' $(sample_bin)

clean: ## remove everything built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile tools/package/install.mk | expand -t 12
	@echo; sed -n 's/^# \([A-Z]*=.*\)/\1/p' Makefile

# ---- how ------------------------------------------------------------------------------------------------------------

# One line a file, unless V=1; nothing with make -s.
comma := ,
say = $(if $(filter 1,$(V)),,@$(if $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),,echo "$1 $2" && ))

# Who may see what: the rooms and their unit tests see the whole tree, everybody else the public headers only.
includes := -Iinclude
$(out)/obj/tests/%.o: includes := -Iinclude -Itests
$(out)/obj/tests/failures/%.o: includes := -I. -Iinclude -Itests
$(out)/obj/tests/unit/%.o: includes := -I. -Iinclude -Itests
$(out)/obj/bench/savina/%.o: includes := -Iinclude -Ibench
$(out)/obj/bench/micro/%.o: includes := -I. -Iinclude
$(out)/obj/tools/troupe/%.o: includes := -I. -Iinclude
$(foreach room,$(rooms),$(eval $(out)/obj/$(room)/%.o: includes := -I. -Iinclude))
# The library's few thread-locals are reached without a call, also from the shared library.
$(foreach room,$(rooms),$(eval $(out)/obj/$(room)/%.o: room_flags := -ftls-model=initial-exec))
# The library's code goes to a section of its own, so that a crash in it is told from one in the program (base/text.h).
$(foreach room,$(rooms),$(eval $(out)/obj/$(room)/%.o: then = && $$(OBJCOPY) $$(own_text) $$@))
# What a test does is not worth the compiler's time: half of it is spent on optimising them.
$(out)/obj/tests/%.o: room_flags := -O0 -g1
$(out)/obj/tests/coverage/%.o: room_flags := -fno-profile-instr-generate -fno-coverage-mapping -fno-coverage-mcdc

$(out)/obj/%.o: %.c $(out)/flags
	@mkdir -p $(@D)
	$(call say,cc,$@)$(CC) $(all_cppflags) $(includes) $(all_cflags) $(room_flags) -MMD -MP -c -o $@ $< $(then)

$(out)/obj/samples/buggy/%_fixed.o: samples/buggy/%.c $(out)/flags
	@mkdir -p $(@D)
	$(call say,cc,$@)$(CC) $(all_cppflags) -DFIXED $(includes) $(all_cflags) -MMD -MP -c -o $@ $<

$(static_lib): $(lib_obj)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,ar,$@)$(AR) rcs $@ $(lib_obj)

$(out)/libtroupe.so: $(lib_obj) troupe.map
	$(call say,link,$@)$(CC) $(all_ldflags) -shared -Wl,-soname,libtroupe.so.$(SOMAJOR) -Wl,--version-script,troupe.map \
		$(if $(filter release debug,$(FLAVOR)),-Wl$(comma)-z$(comma)defs) -o $@ $(lib_obj) $(libs)
	@ln -sf libtroupe.so $(out)/libtroupe.so.$(SOMAJOR)

$(out)/libtesting.a: $(support_obj)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,ar,$@)$(AR) rcs $@ $(support_obj)

link = $(call say,link,$@)mkdir -p $(@D) && $(CC) $(all_ldflags) -o $@

$(out)/troupe-stress: $(stress_obj) $(fork_obj) $(static_lib)
	$(link) $(stress_obj) $(fork_ld) $(static_lib) $(libs)
# As bench/savina/piprecision.c finds out too: without GMP that workload is left out.
has_gmp = $(shell $(CC) $(CPPFLAGS) -E -include gmp.h -x c -o /dev/null /dev/null 2>/dev/null && echo yes)
$(out)/troupe-bench: $(bench_obj) $(static_lib)
	$(link) $(bench_obj) $(static_lib) $(if $(has_gmp),-lgmp) $(libs)
$(out)/troupe: $(troupe_obj)
	$(link) $(troupe_obj) $(libs)
$(out)/troupe-blockers: $(blockers_obj) $(static_lib)
	$(link) $(blockers_obj) $(static_lib) $(libs)
$(out)/troupe-micro: $(micro_obj) $(static_lib)
	$(link) $(micro_obj) $(static_lib) $(libs)

# Calls of the system that the library makes go to tests/failures/calls.c.
failures_ld := $(foreach name,syscall $(shell sed -n 's/^\tX.\([a-z_0-9]*\),.*/\1/p' tests/failures/calls.h),-Wl,--wrap=$(name))
$(out)/troupe-failures: $(failures_obj) $(fork_obj) $(static_lib) $(counters_obj)
	$(link) $(failures_obj) $(fork_ld) $(failures_ld) $(static_lib) $(counters_obj) $(libs)

define sample_rule
$(out)/samples/$(1): $(call objects_of,$(wildcard samples/$(1).c samples/$(1)/*.c)) $(static_lib)
	$$(link) $$^ $(libs)
endef
$(foreach name,$(sample_names),$(eval $(call sample_rule,$(name))))
$(foreach name,$(buggy_names),$(eval $(out)/samples/$(name): $(out)/obj/samples/$(name).o))
$(out)/samples/buggy/%: $(static_lib)
	$(link) $(filter %.o,$^) $(static_lib) $(libs)
# Their main functions under names of their own, so that one program can call them all.
$(out)/obj/samples/buggy/%.entry.o: $(out)/obj/samples/buggy/%.o
	$(call say,objcopy,$@)$(OBJCOPY) --redefine-sym main=buggy_$* $< $@
$(out)/troupe-buggy: $(buggy_obj) $(buggy_entry) $(static_lib)
	$(link) $^ $(libs)

$(test_bin): $(out)/%: $(out)/obj/%.o $(out)/libtesting.a $(arena_obj) $(fork_obj) $(static_lib) $(counters_obj)
	$(link) $< $(arena_obj) $(fork_ld) $(out)/libtesting.a $(static_lib) $(counters_obj) -lcriterion $(libs)

define tests_rule
$(out)/$(1)/all: $(call objects_of,$(wildcard $(1)/test_*.c)) $(out)/libtesting.a $(arena_obj) $(fork_obj) $(static_lib)
	$$(link) $$(filter $(out)/obj/$(1)/%,$$^) $(arena_obj) $$(fork_ld) $(out)/libtesting.a $(static_lib) -lcriterion $(libs)
endef
$(foreach folder,$(test_folders),$(eval $(call tests_rule,$(folder))))

# Rewritten only when the compiler or a flag has changed: then every object is stale.
$(out)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(all_cppflags) $(all_cflags) $(own_text)' | cmp -s - $@ || echo '$(CC) $(all_cppflags) $(all_cflags) $(own_text)' >$@
FORCE:

.SECONDARY: $(all_obj)
-include $(all_obj:.o=.d)

# ---- documents and installation -------------------------------------------------------------------------------------

$(BUILD)/man/.made: $(headers) tools/make-man
	@rm -rf $(BUILD)/man
	tools/make-man --version $(VERSION) --out $(BUILD)/man $(headers)
	@touch $@

include tools/package/install.mk
