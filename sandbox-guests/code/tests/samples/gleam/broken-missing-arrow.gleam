pub type Shape {
  Circle(radius: Float)
  Square(side: Float)
}

pub const pi = 3.14

pub fn area(shape: Shape) -> Float {
  case shape {
    Circle(r) pi *. r *. r
    Square(s) if s >. 0.0 -> s *. s
    _ -> 0.0
  }
}
