-- Guests with a shape (tests/kernels/run.lua starts them); elsewhere their tests are skipped.

local shapes = {}

--- The reason why a shape's test can't run here; nil in a guest of that shape.
---@param name string
---@return string|nil
function shapes.lacks(name)
  if os.getenv("LUNETTE_SHAPE") == name then return nil end
  return ("only in a guest of the shape '%s' (make test-kernels)"):format(name)
end

return shapes
