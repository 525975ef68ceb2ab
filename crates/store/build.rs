//! Compiles anew when a migration is added: they are embedded by a macro that cargo does not look into.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/genesis/sqlite");
    println!("cargo:rerun-if-changed=../../migrations/genesis/postgres");
}
