#pragma once
/* Shared by the probe of counters and its reader. */

enum { LUN_COUNTERS_MAX = 16 }; /* events at a time */
