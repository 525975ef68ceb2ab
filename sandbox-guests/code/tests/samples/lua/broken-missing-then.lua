local producer = coroutine.create(function(...)
  for _, value in ipairs({ ... }) do
    coroutine.yield(value)
  end
  return "end"
end)

while coroutine.status(producer) ~= "dead" do
  local ok, value = coroutine.resume(producer, 1, 2, 3)
  if not ok
    print("error", value)
    break
  elseif value then
    print(value)
  else
    print("nothing")
  end
end
