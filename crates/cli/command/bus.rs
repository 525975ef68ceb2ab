//! `genesis bus`.

use std::num::NonZeroU32;
use std::time::Duration;

use genesis_bus::KEPT_DAYS;
use genesis_bus::conformance::{self, At, Checked};

use crate::args::{Bus, BusAddress, BusCommand, Global, NatsLogin};
use crate::broker;
use crate::command::{print, runtime};
use crate::config::{Config, parse, variable};
use crate::exit::{Exit, Failure};
use crate::progress::note;

/// Tries a broker, or tidies it.
pub(crate) fn run(args: &Bus, global: &Global) -> Result<Exit, Failure> {
    match &args.command {
        BusCommand::Conformance { url, login } => conformance(url.as_deref(), login),
        BusCommand::Prune { bus, keep_days } => prune(bus, *keep_days, global),
    }
}

/// Holds a broker to what is needed of it.
fn conformance(url: Option<&str>, login: &NatsLogin) -> Result<Exit, Failure> {
    let login = broker::login(login)?;
    let at = url.map_or(At::InProcess, |url| At::As(url, &login));
    let told = |checked: &Checked| note(&line(checked));
    let results = runtime()?.block_on(conformance::run(at, None, &told))?;
    let broken = results.iter().filter(|checked| checked.broken.is_some()).count();
    print(&format!("{} laws: {} hold, {broken} broken\n", results.len(), results.len() - broken))?;
    if url.is_some() {
        note("not tried: what becomes of messages when the broker dies");
    }
    Ok(if broken == 0 { Exit::Success } else { Exit::Rollback })
}

fn prune(bus: &BusAddress, keep_days: Option<NonZeroU32>, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let keep = retention(keep_days)?;
    let days = keep.as_secs() / SECONDS_A_DAY;
    let pruned = runtime()?
        .block_on(async { Ok::<_, Failure>(broker::connect(bus, &config).await?.prune(keep).await?) })?;
    print(&format!("{pruned} messages that were kept for more than {days} days are gone\n"))?;
    Ok(Exit::Success)
}

/// Seconds of a day.
pub(crate) const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// How long queues keep what is done with.
pub(crate) fn retention(given: Option<NonZeroU32>) -> Result<Duration, Failure> {
    const NAME: &str = "SHARED_QUEUE_RETENTION_DAYS";
    let by_variable = variable(NAME)?
        .map(|(value, _)| parse::<NonZeroU32>(&value, NAME, "a number of days from 1"))
        .transpose()?;
    let days = given.or(by_variable).map_or(KEPT_DAYS, |days| u64::from(days.get()));
    Ok(Duration::from_secs(days * SECONDS_A_DAY))
}

fn line(checked: &Checked) -> String {
    let law = checked.law.replace('_', " ");
    match &checked.broken {
        None => format!("holds   {law}"),
        Some(why) => format!("BROKEN  {law}: {why}"),
    }
}
