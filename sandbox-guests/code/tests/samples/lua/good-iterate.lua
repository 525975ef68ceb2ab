local function each(list)
  local i = 0
  return function()
    i = i + 1
    if i <= #list then return i, list[i] end
  end
end

for i, value in each { 1, 2, [3] = "three" } do
  print(i, value)
end

for n = 10, 1, -3 do
  repeat
    n = n // 2
  until n < 1 or n ~= n
end
