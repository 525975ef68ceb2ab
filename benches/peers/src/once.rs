//! The work in a process of its own: an input on standard input, the report on standard output.

use std::io::{self, Read as _, Write as _};

fn main() -> io::Result<()> {
    let mut input = Vec::with_capacity(64 << 10);
    io::stdin().read_to_end(&mut input)?;
    io::stdout().write_all(&genesis_peers_work::validate(&input))
}
