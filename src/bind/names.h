#pragma once
/* The names of all metatables and of the C modules, in one place. */

#define LUN_SOURCE "lunette.source"
