-- lunette version

local version = {}

function version.configure() end

function version.run()
  require("lunette.cli.output").line("lunette " .. require("lunette").version)
end

return version
