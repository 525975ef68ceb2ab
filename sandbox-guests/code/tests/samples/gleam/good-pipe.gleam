import gleam/io
import gleam/list

pub fn main() {
  [3, 1, 2]
  |> list.map(fn(n) { n * 2 })
  |> list.filter(fn(n) { n > 2 })
  |> list.each(fn(n) { io.debug(n) })
}
