//! Applies the link settings that keep a run free of system calls and page faults.

fn main() {
    // What 20 KB of template and as much of the version in force take. A memory that need not be cleared is 4 us less a run.
    genesis_guest_link::apply(&genesis_guest_link::Settings {
        initial_memory_bytes: 768 << 10,
        ..genesis_guest_link::Settings::DEFAULT
    });
}
