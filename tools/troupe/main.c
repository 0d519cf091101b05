/* SPDX-License-Identifier: MIT */
/* troupe: the commands. */
#include <stdio.h>
#include <string.h>

#include <troupe.h>

#include "commands.h"

static const char usage[] =
	"usage: troupe explore [options] PROGRAM [arguments]\n"
	"       troupe replay [--story] [--commands FILE] [--loud] [--other-program] FILE\n"
	"       troupe --help | --version\n"
	"Runs a program of actors again and again, each time with another order of messages, until one goes wrong.\n"
	"PROGRAM is linked with Troupe, and need not know of it. Its output is thrown away; what must hold it says by troupe_holds,\n"
	"by an assertion that aborts, or by its exit status.\n"
	"    --schedules N    how many runs (1000)\n"
	"    --seed N         of the first; each of the others has the next one (1)\n"
	"    --strategy NAME  how it is chosen who goes on: random, pct, pos, or exhaustive, which tries all orders (random)\n"
	"    --depth N        of pct: what must come in a certain order for the bug (3); of exhaustive: so many actors of a run are\n"
	"                     interrupted at most (no limit)\n"
	"    --steps N        a run that takes more of them is taken for one that never ends (10000000, or ten times what PROGRAM\n"
	"                     takes when it runs as plainly as can be)\n"
	"    --crashes N      of a million messages to supervised actors, so many make their handler fail (0)\n"
	"    --refusals N     of a million allocations, so many fail (0). PROGRAM may end by troupe_must then\n"
	"    --find-unknown   a message that its receiver does not know is wrong\n"
	"    --find-dead      a message to the dead is wrong\n"
	"    --find-waiting   an actor that still awaits an answer when it is told to end is wrong\n"
	"    --allow-deadlocks  circles of waits that the library finds and breaks are not\n"
	"    --allow-leaks    messages and payloads that are never freed are not\n"
	"    --no-shrink      what is found is not made smaller\n"
	"    --draw FILE      a sequence diagram of it: .svg, .mmd for Mermaid, or text\n"
	"    --replay LINE    only the run that this line stands for, with its output\n"
	"    --loud           with the output of each run\n"
	"    --json           one line for machines\n"
	"Exit status: 0 nothing was found, 1 something was, 2 the command line is wrong, 127 PROGRAM cannot be run.\n"
	"\n"
	"troupe replay runs a program again that was recorded (TROUPE_RECORD=FILE in its environment), message by message up to where it\n"
	"failed. On a terminal it stops there and asks for commands (help names them), forwards and backwards; else it tells the\n"
	"last messages.\n"
	"    --story          tell them on a terminal too\n"
	"    --commands FILE  commands from there, one a line; -: from standard input\n"
	"    --loud           with the program's output\n"
	"    --other-program  although the program's file has changed\n"
	"Exit status: 0 it ended in order, or the recording did, 1 it failed as it had, 2 the command line or the file is wrong, 3 it\n"
	"did something else than in the recording, 4 the program has changed, 127 it cannot be run.\n";

int main(int count, char **arguments)
{
	if ((count == 2 && strcmp(arguments[1], "--help") == 0) || (count == 3 && strcmp(arguments[2], "--help") == 0))
		return fputs(usage, stdout) < 0 || fflush(stdout) != 0;
	if (count >= 2 && strcmp(arguments[1], "explore") == 0)
		return command_explore(count - 2, arguments + 2);
	if (count >= 2 && strcmp(arguments[1], "replay") == 0)
		return command_replay(count - 2, arguments + 2);
	if (count == 2 && strcmp(arguments[1], "--version") == 0)
		return printf("troupe %d.%d.%d\n", TROUPE_VERSION / 10000, TROUPE_VERSION / 100 % 100, TROUPE_VERSION % 100) < 0 || fflush(stdout) != 0;
	fputs(usage, stderr);
	return 2;
}
