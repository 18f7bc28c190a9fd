-- lunette version

local version = {}

function version.configure() end

function version.run()
  print("lunette " .. require("lunette").version)
end

return version
