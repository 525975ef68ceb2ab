//! `genesis guest`.

mod inspect;
mod list;
mod lock;
mod new;
mod sdk;
mod test;

use crate::args::{Global, Guest, GuestCommand};
use crate::exit::{Exit, Failure};

/// Makes, inspects, tests, lists or pins guests.
pub(crate) fn run(args: &Guest, global: &Global) -> Result<Exit, Failure> {
    match &args.command {
        GuestCommand::New(args) => new::run(args),
        GuestCommand::Inspect(args) => inspect::run(args, global),
        GuestCommand::Test(args) => test::run(args, global),
        GuestCommand::List { format } => list::run(*format),
        GuestCommand::Lock(args) => lock::run(args, global),
    }
}
