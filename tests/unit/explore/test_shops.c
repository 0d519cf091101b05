/* SPDX-License-Identifier: MIT */
#include "simulated.h"

TEST(shops, actors_are_numbered_as_they_come_in_each_run_anew)
{
	static const troupe_behaviour behaviour = { .name = "noter", .receive = noted };

	for (int run = 0; run < 3; run++) {
		troupe_system system;
		uint32_t number = 0;
		simulate(troupei_random_walk(), 1, NULL);
		CHECK_OK(troupe_start(&(troupe_options){ .struct_size = sizeof(troupe_options) }, &system));
		for (uint32_t i = 0; i < 2000; i++) { /* more than the first table has room for */
			troupe_ref actor;
			CHECK_OK(troupe_spawn(system, &behaviour, NULL, &actor));
		}
		CHECK_OK(troupe_finish(system, 0));
		simulation_over();
		for (uint32_t i = 0; i < simulated_trace.event_count; i++)
			if (simulated_trace.events[i].sort == TRACE_SPAWN)
				CHECK_EQ(simulated_trace.events[i].to, troupei_unit_of_actor(++number));
		CHECK_EQ(number, 2000);
	}
}

TEST(shops, a_system_that_is_finished_is_forgotten)
{
	simulate(troupei_random_walk(), 1, NULL);
	CHECK_EQ(run_notes(1).handled, 1);
	CHECK_EQ(troupei_simulation.shop_count, 0);
	CHECK_EQ(run_notes(2).handled, 2);
	CHECK_EQ(troupei_simulation.shop_count, 0);
	simulation_over();
}
