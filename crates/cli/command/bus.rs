//! `genesis bus`.

use genesis_bus::conformance::{self, At, Checked};

use crate::args::{Bus, BusCommand};
use crate::command::{print, runtime};
use crate::exit::{Exit, Failure};
use crate::progress::note;

/// Holds a broker to what is needed of it.
pub(crate) fn run(args: &Bus) -> Result<Exit, Failure> {
    let BusCommand::Conformance { url } = &args.command;
    let at = url.as_deref().map_or(At::InProcess, At::Url);
    let told = |checked: &Checked| note(&line(checked));
    let results = runtime()?.block_on(conformance::run(at, None, &told))?;
    let broken = results.iter().filter(|checked| checked.broken.is_some()).count();
    print(&format!("{} laws: {} hold, {broken} broken\n", results.len(), results.len() - broken))?;
    if url.is_some() {
        note("not tried: what becomes of messages when the broker dies");
    }
    Ok(if broken == 0 { Exit::Success } else { Exit::Rollback })
}

fn line(checked: &Checked) -> String {
    let law = checked.law.replace('_', " ");
    match &checked.broken {
        None => format!("holds   {law}"),
        Some(why) => format!("BROKEN  {law}: {why}"),
    }
}
