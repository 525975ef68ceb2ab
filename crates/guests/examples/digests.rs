//! Prints name and digest of every built-in guest, one a line.

fn main() {
    for guest in genesis_guests::ALL {
        println!("{} {}", guest.name, guest.digest);
    }
}
