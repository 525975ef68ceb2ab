//! `genesis completions`.

use clap::CommandFactory as _;

use crate::args::{Cli, Completions};
use crate::command::print;
use crate::exit::{Exit, Failure};

/// Prints completions for a shell.
pub(crate) fn run(args: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "genesis", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
