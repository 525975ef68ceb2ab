//! Prints name and digest of every built-in guest, one a line.

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn main() {
    for guest in genesis_guests::ALL {
        println!("{} {}", guest.name, guest.digest);
    }
}
