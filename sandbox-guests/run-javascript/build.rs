//! Link settings of the guest.

fn main() {
    genesis_guest_link::apply(&genesis_guest_link::Settings {
        stack_bytes: 2 << 20,
        initial_memory_bytes: 8 << 20,
    });
}
