/* SPDX-License-Identifier: MIT */
/* The table of scenarios. */
#include "failures/scenes.h"

#include "failures/failures.h"

#define SCENE_ROW(name, own) { #name, scene_##name, own },
const struct scenario scenarios[] = { SCENES(SCENE_ROW){ NULL, NULL, false } };
