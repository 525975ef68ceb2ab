//! `genesis schema`.

use crate::args::Schema;
use crate::command::print;
use crate::exit::{Exit, Failure};

/// Prints the JSON schema of an output format.
pub(crate) fn run(args: &Schema) -> Result<Exit, Failure> {
    let schema = genesis_report::SCHEMAS.iter().find(|(name, _)| *name == args.name).ok_or_else(|| {
        let names: Vec<&str> = genesis_report::SCHEMAS.iter().map(|(name, _)| *name).collect();
        Failure::usage(format!("there is no schema `{}`; there are {}", args.name, names.join(", ")))
    })?;
    print(schema.1)?;
    Ok(Exit::Success)
}
