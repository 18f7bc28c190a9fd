#pragma once
/* The names of all metatables and of the C modules, in one place. */

#define LUN_SOURCE "lunette.source"
#define LUN_PROG_HANDLE "lunette.prog"
#define LUN_LINK_HANDLE "lunette.link"
#define LUN_OBJECT_HANDLE "lunette.object"
#define LUN_STATS_HANDLE "lunette.stats"
#define LUN_CODE "lunette.code"
#define LUN_EDIT "lunette.edit"
#define LUN_TALLY "lunette.metrics.tally"
#define LUN_SELECTION "lunette.metrics.selection"
#define LUN_PAGE "lunette.metrics.page"
#define LUN_FLIGHT "lunette.metrics.flight"
#define LUN_PASS "lunette.metrics.pass"
