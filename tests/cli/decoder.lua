-- A decoder for the tests of the command line.

local lunette = require("lunette")
local d = lunette.decode

lunette.decoder {
  name = "counts of the tests", match = { name = "cli_cpus" },
  key = d.u32():as("slot"), value = d.u64():as("packets"),
}
