/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_TROUPE_COMMANDS_H
#define TOOLS_TROUPE_COMMANDS_H

/* The arguments behind the command's name; the exit status. */
int command_explore(int count, char **arguments);
int command_replay(int count, char **arguments);

#endif
