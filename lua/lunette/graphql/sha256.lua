-- SHA-256, for persisted queries.

local K = {}
local START = {}

-- The constants of the standard: fractional bits of roots of primes.
do
  local function fraction(root) return math.floor((root % 1) * 4294967296.0) end
  local n, prime = 0, 2
  while n < 64 do
    local is_prime = true
    for d = 2, math.floor(prime ^ 0.5) do
      if prime % d == 0 then is_prime = false end
    end
    if is_prime then
      n = n + 1
      K[n] = fraction(prime ^ (1 / 3))
      if n <= 8 then START[n] = fraction(prime ^ 0.5) end
    end
    prime = prime + 1
  end
end

local function rotate(x, n) return (x >> n | x << (32 - n)) & 0xFFFFFFFF end

local function schedule(block)
  local w = { (">I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4"):unpack(block) }
  for i = 17, 64 do
    local a, b = w[i - 15], w[i - 2]
    local s0 = rotate(a, 7) ~ rotate(a, 18) ~ (a >> 3)
    local s1 = rotate(b, 17) ~ rotate(b, 19) ~ (b >> 10)
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) & 0xFFFFFFFF
  end
  return w
end

local function compress(state, block)
  local w = schedule(block)
  local a, b, c, d, e, f, g, h = table.unpack(state)
  for i = 1, 64 do
    local s1 = rotate(e, 6) ~ rotate(e, 11) ~ rotate(e, 25)
    local first = h + s1 + ((e & f) ~ (~e & g)) + K[i] + w[i]
    local s0 = rotate(a, 2) ~ rotate(a, 13) ~ rotate(a, 22)
    local second = s0 + ((a & b) ~ (a & c) ~ (b & c))
    h, g, f, e, d, c, b, a = g, f, e, (d + first) & 0xFFFFFFFF, c, b, a,
      (first + second) & 0xFFFFFFFF
  end
  local after = { a, b, c, d, e, f, g, h }
  for i = 1, 8 do state[i] = (state[i] + after[i]) & 0xFFFFFFFF end
end

--- The digest of a text in hex.
---@param text string
---@return string
return function(text)
  local padded = text .. "\x80" .. ("\0"):rep((55 - #text) % 64) .. (">I8"):pack(#text * 8)
  local state = table.move(START, 1, 8, 1, {})
  for at = 1, #padded, 64 do compress(state, padded:sub(at, at + 63)) end
  return ("%08x"):rep(8):format(table.unpack(state))
end
