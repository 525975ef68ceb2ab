local Cart = {}
Cart.__index = Cart

function Cart.new(owner)
  return setmetatable({ owner = owner, items = {} }, Cart)
end

function Cart:add(sku, count)
  count = count or 1
  if count <= 0 then
    error(("bad count: %d"):format(count), 2)
  end
  self.items[sku] = (self.items[sku] or 0) + count
  return self
end

return Cart
