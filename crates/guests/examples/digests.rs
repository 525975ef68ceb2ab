//! Prints name and digest of every built-in guest that is the same on every machine, one a line, and after a third
//! space the compiler of the C in it, when there is any.

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn main() {
    let guests = genesis_guests::ALL.iter().filter(|guest| guest.reproducible && guest.missing().is_none());
    for guest in guests {
        println!("{}", format!("{} {} {}", guest.name, guest.digest, guest.c_compiler).trim_end());
    }
}
