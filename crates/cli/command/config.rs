//! `genesis config`.

use std::fmt::Write as _;

use genesis_domain::without_password;
use genesis_serve::CronExpression;

use crate::args::{Config as Args, ConfigCommand, Format, Global};
use crate::command::print;
use crate::config::{Config, Origin, Sourced};
use crate::exit::{Exit, Failure};
use crate::state::LEDGER;

/// Shows every value and where it came from.
pub(crate) fn run(args: &Args, global: &Global) -> Result<Exit, Failure> {
    let ConfigCommand::Show { format } = &args.command;
    let config = Config::load(global)?;
    let ledger = config.state.value.join(LEDGER).display().to_string();
    let (database, database_origin) = address(config.database.as_ref(), ledger);
    let (bus, bus_origin) = match &config.bus {
        Some(bus) => {
            let shown: Vec<String> = bus.value.iter().map(|url| without_password(url)).collect();
            (shown.join(" "), bus.origin.to_string())
        }
        None => ("none".to_owned(), Origin::Default.to_string()),
    };
    let (mirror, mirror_origin) = address(config.mirror.as_ref(), "none".to_owned());
    let values = [
        ("policy", config.policy.value.clone(), config.policy.origin.to_string()),
        ("state", config.state.value.display().to_string(), config.state.origin.to_string()),
        ("durable", config.durable.value.to_string(), config.durable.origin.to_string()),
        ("instance", config.instance.value.clone(), config.instance.origin.to_string()),
        ("threads", config.threads.value.to_string(), config.threads.origin.to_string()),
        ("database", database, database_origin),
        ("bus", bus, bus_origin),
        ("serve.mirror", mirror, mirror_origin),
        ("retention_days", config.retention_days.value.to_string(), config.retention_days.origin.to_string()),
    ];
    let schedule = config.schedule.iter().map(|(task, times)| {
        let value = times.value.as_ref().map_or("off", CronExpression::as_str);
        (format!("schedule.{task}"), value.to_owned(), times.origin.to_string())
    });
    let values: Vec<(String, String, String)> = values
        .into_iter()
        .map(|(name, value, origin)| (name.to_owned(), value, origin))
        .chain(schedule)
        .collect();
    let mut text = String::new();
    match format {
        Format::Human => {
            for (name, value, origin) in &values {
                let setting = format!("{name} = {value}");
                writeln!(text, "{setting:<40} # {origin}").expect("writing to a string cannot fail");
            }
        }
        Format::Json => {
            let object: serde_json::Map<String, serde_json::Value> = values
                .iter()
                .map(|(name, value, origin)| {
                    (name.clone(), serde_json::json!({ "value": value, "origin": origin }))
                })
                .collect();
            writeln!(text, "{:#}", serde_json::Value::Object(object))
                .expect("writing to a string cannot fail");
        }
    }
    print(&text)?;
    Ok(Exit::Success)
}

/// An address as it may be shown, and where it comes from.
fn address(address: Option<&Sourced<String>>, otherwise: String) -> (String, String) {
    match address {
        Some(address) => (without_password(&address.value), address.origin.to_string()),
        None => (otherwise, Origin::Default.to_string()),
    }
}
