-- require("bpf"): the module of C. What its maps' bytes mean is decided by lunette.decode, which is
-- loaded when it is first asked.

local bpf = require("lunette.core.bpf")

bpf.decoder_hook(function(info, of_types)
  local decode = require("lunette.decode")
  return of_types and decode.of_types(info) or decode.for_map(info)
end)

return bpf
