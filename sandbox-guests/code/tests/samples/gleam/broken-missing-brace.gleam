import gleam/dict.{type Dict}
import gleam/option

pub type Cart {
  Cart(owner: String, items: Dict(String, Int))
}

pub fn add(cart: Cart, sku: String, count: Int) -> Result(Cart, String) {
  case count > 0 {
    True -> Ok(Cart(..cart, items: dict.insert(cart.items, sku, count)))
    False -> Error("bad count")
}
