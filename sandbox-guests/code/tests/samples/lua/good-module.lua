local M = { version = "1.0", [1] = true; f = function(a, ...) return a, ... end }

function M.map(list, f)
  local out = {}
  for i = 1, #list do
    out[#out + 1] = f(list[i]) ^ 2 % 3
  end
  return out
end

local a <const>, b = 1, 2
do
  local sum = a + b
  M.sum = sum == 3 and "three" or "other"
end
return M
