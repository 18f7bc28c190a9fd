-- The smallest server script: an endpoint, a field of GraphQL, a page.
-- Try it: lunette serve --script examples/hello.lua   and then   curl 127.0.0.1:8070/hello

local bpf = require("bpf")
local lunette = require("lunette")

lunette.http.get("/hello", function(req)
  return { json = { hello = req.query.name or "world", maps = #bpf.maps() } }
end)

-- { maps { name sizeInKilobytes } }
lunette.graphql.extend("Map", {
  sizeInKilobytes = {
    type = "Float", description = "Memory that the map holds, in KiB.",
    resolve = function(map) return map.memlock / 1024 end,
  },
})

lunette.ui.page("hello", {
  title = "Hello", every = 5,
  view = function(ui) return ui.text(("There are %d maps."):format(#bpf.maps())) end,
})
