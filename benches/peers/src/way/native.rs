//! A call in the same process: the limit of what can be reached.

use std::hint::black_box;

use super::{Given, Way};

pub const NAME: &str = "native, in the same process";

pub fn way(given: &Given) -> Way {
    let (input, report) = (given.input.clone(), given.report.clone());
    Way::new(NAME, "no", "no", move || {
        assert_eq!(genesis_peers_work::validate(black_box(&input)), report);
    })
}
