#pragma once
/* What the probe of counters and its reader agree on. */

enum { LUN_COUNTERS_MAX = 16 }; /* events at a time */
