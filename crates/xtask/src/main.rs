//! Prepares a machine, builds, tests and checks the project.

fn main() {}
