// SPDX-License-Identifier: MIT
// bench WORKLOAD [--n N] [--k K] [--threads T]: one line, peer,workload,threads,messages,seconds,rss_kb,check
// Exit status: 0 all is well, 1 the check is wrong, 2 the command line is wrong or the workload not there.
#include "bench.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

namespace {

struct entry {
	workload run;
	parameters usual;
};

const std::map<std::string, entry> table{
	{"pingpong", {pingpong, {2000000, 0}}},
	{"counting", {counting, {5000000, 0}}},
	{"ring", {ring, {5000000, 100}}},
	{"mailbox", {mailbox, {200000, 20}}},
	{"filterbank", {filterbank, {1000000, 8}}},
	{"fjthrput", {fjthrput, {50000, 60}}},
	{"fjcreate", {fjcreate, {400000, 0}}},
	{"fib", {fib, {25, 0}}},
	{"skynet", {skynet, {1000000, 0}}},
	{"idle", {idle, {1000000, 0}}},
	{"chameneos", {chameneos, {1000000, 100}}},
	{"big", {big, {20000, 120}}},
	{"banking", {banking, {500000, 1000}}},
};

[[noreturn]] void refuse(const std::string& why)
{
	std::fprintf(stderr, "%s\nusage: bench WORKLOAD [--n N] [--k K] [--threads T]\n", why.c_str());
	std::exit(2);
}

uint64_t number(const char* text)
{
	char* end = nullptr;
	auto value = std::strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value == 0)
		refuse(std::string{"not a number above 0: "} + text);
	return value;
}

} // namespace

int64_t memory_kb(const std::string& key)
{
	std::ifstream status{"/proc/self/status"};
	std::string word;
	int64_t value;

	while (status >> word)
		if (word == key && status >> value)
			return value;
	return -1;
}

int main(int argc, char** argv)
{
	auto found = table.find(argc > 1 ? argv[1] : "");
	if (found == table.end())
		refuse("no such workload");

	auto p = found->second.usual;
	uint64_t threads = 2;
	for (int i = 2; i < argc; i += 2) {
		std::string option = argv[i];
		if (i + 1 == argc)
			refuse(option + " wants a number");
		auto value = number(argv[i + 1]);
		if (option == "--n")
			p.n = value;
		else if (option == "--k")
			p.k = value;
		else if (option == "--threads")
			threads = value;
		else
			refuse("unknown option " + option);
	}

	caf::actor_system_config config;
	config.set("scheduler.max-threads", threads);
	caf::actor_system system{config};
	auto o = found->second.run(system, p);

	std::printf("caf,%s,%" PRIu64 ",%" PRIu64 ",%.6f,%" PRId64 ",%" PRIu64 "\n", argv[1], threads, o.messages, o.seconds,
	            o.rss_kb >= 0 ? o.rss_kb : memory_kb("VmHWM:"), o.check);
	std::fflush(stdout);
	// Actors that know each other in a circle never end: the process does.
	std::_Exit(o.check == o.wanted ? 0 : 1);
}
