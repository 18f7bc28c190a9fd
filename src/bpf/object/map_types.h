#pragma once
/* Map types that are newer than the headers we build with: the kernel's numbers. */

#define LUN_MAP_TYPE_CGRP_STORAGE 32
#define LUN_MAP_TYPE_ARENA 33
#define LUN_MAP_TYPE_INSN_ARRAY 34
#define LUN_MAP_TYPE_RHASH 35
