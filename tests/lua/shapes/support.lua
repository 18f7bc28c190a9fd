-- Guests of a certain shape (tests/kernels/run.lua starts them): elsewhere their tests are skipped.

local shapes = {}

--- Is this a guest of the shape? Skips the test where it is not.
---@param name string
---@return boolean
function shapes.is(name)
  if os.getenv("LUNETTE_SHAPE") == name then return true end
  pending(("only in a guest of the shape '%s' (make test-kernels)"):format(name))
  return false
end

return shapes
