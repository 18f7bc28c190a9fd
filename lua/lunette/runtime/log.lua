-- lunette.log: lines for stderr, each with its time and level.
--
--   log.debug(format, ...)     log.info(format, ...)
--   log.warning(format, ...)   log.error(format, ...)
--
-- LUNETTE_LOG=debug also writes debug lines: each request, and what scripts log; LUNETTE_LOG=error
-- writes errors only.

local core = require("lunette.core.server")

local log = {}

local function at_level(level)
  return function(format, ...)
    local message = select("#", ...) > 0 and format:format(...) or tostring(format)
    core.log(level, message)
  end
end

log.debug = at_level("debug")
log.info = at_level("info")
log.warning = at_level("warning")
log.error = at_level("error")

return log
