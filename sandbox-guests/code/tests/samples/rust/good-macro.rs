macro_rules! point {
    ($($name:ident),+ $(,)?) => {
        pub struct Point { $(pub $name: f64),+ }
    };
}

point!(x, y, z);

pub const ORIGIN: Point = Point { x: 0.0, y: 0.0, z: 0.0 };

pub fn distance(a: &Point, b: &Point) -> f64 {
    let square = |n: f64| n * n;
    (square(a.x - b.x) + square(a.y - b.y) + square(a.z - b.z)).sqrt()
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_is_far_from_itself() {
        assert_eq!(super::distance(&super::ORIGIN, &super::ORIGIN), 0.0);
    }
}
