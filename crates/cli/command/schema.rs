//! `genesis schema`.

use crate::args::Schema;
use crate::command::print;
use crate::exit::{Exit, Failure};

/// Prints the JSON schema of an output format.
pub(crate) fn run(args: &Schema) -> Result<Exit, Failure> {
    let schemas = || genesis_report::SCHEMAS.into_iter().chain([("message", genesis_serve::MESSAGE_SCHEMA)]);
    let schema = schemas().find(|(name, _)| *name == args.name).ok_or_else(|| {
        let names: Vec<&str> = schemas().map(|(name, _)| name).collect();
        Failure::usage(format!("there is no schema `{}`; there are {}", args.name, names.join(", ")))
    })?;
    print(schema.1)?;
    Ok(Exit::Success)
}
