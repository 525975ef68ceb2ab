//! Applies the link settings that keep a run free of system calls and page faults.

fn main() {
    genesis_guest_link::apply(&genesis_guest_link::Settings::DEFAULT);
}
