import gleam/result

pub fn both(a: Result(Int, Nil), b: Result(Int, Nil)) {
  use x <- result.try(a)
  use y <- result.try(b
  let assert [first, ..] = [x, y]
  Ok(first + y)
}
