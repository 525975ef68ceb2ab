//! Link settings of the guests that parse code.

fn main() {
    genesis_guest_link::apply(&genesis_guest_link::Settings {
        stack_bytes: 1 << 20,
        initial_memory_bytes: 32 << 20,
    });
}
