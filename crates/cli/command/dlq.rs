//! `genesis dlq`.

use std::fmt::Write as _;

use genesis_bus::DeadLetter;
use serde_json::{Value, json};

use crate::args::{Dlq, DlqCommand, Format, Global};
use crate::broker;
use crate::command::{print, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure};

const INFALLIBLE: &str = "writing to a string cannot fail";

/// Looks at dead letters and does with them what is asked.
pub(crate) fn run(args: &Dlq, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    runtime()?.block_on(async {
        match &args.command {
            DlqCommand::List { bus, limit, format } => {
                let letters = broker::connect(bus, &config).await?.dead_letters(*limit).await?;
                list(&letters, *format)
            }
            DlqCommand::Show { number, bus, format } => {
                let letter = broker::connect(bus, &config).await?.dead_letter(*number).await?;
                show(&letter, *format)
            }
            DlqCommand::Requeue { number, bus } => {
                broker::connect(bus, &config).await?.requeue(*number).await?;
                print(&format!("{number} was sent again\n"))
            }
            DlqCommand::Drop { number, bus } => {
                broker::connect(bus, &config).await?.drop_dead(*number).await?;
                print(&format!("{number} is dropped\n"))
            }
        }
    })?;
    Ok(Exit::Success)
}

fn list(letters: &[DeadLetter], format: Format) -> Result<(), Failure> {
    let mut text = String::new();
    match format {
        Format::Json => {
            let letters: Vec<Value> = letters.iter().map(fields).collect();
            writeln!(text, "{:#}", json!({ "schema_version": 1, "dead_letters": letters }))
                .expect(INFALLIBLE);
        }
        Format::Human if letters.is_empty() => text.push_str("no dead letters\n"),
        Format::Human => {
            for letter in letters {
                writeln!(
                    text,
                    "{:>6}  {}  {}  deliveries {}: {}",
                    letter.number,
                    letter.subject.escape_debug(),
                    letter.id.as_deref().unwrap_or("without id").escape_debug(),
                    letter.deliveries,
                    letter.reason.escape_debug()
                )
                .expect(INFALLIBLE);
            }
        }
    }
    print(&text)
}

fn show(letter: &DeadLetter, format: Format) -> Result<(), Failure> {
    let sent = String::from_utf8_lossy(&letter.payload);
    let mut text = String::new();
    match format {
        Format::Json => {
            let mut fields = fields(letter);
            fields["schema_version"] = json!(1);
            fields["payload"] = json!(sent);
            writeln!(text, "{fields:#}").expect(INFALLIBLE);
        }
        Format::Human => {
            for (name, value) in [
                ("number", letter.number.to_string()),
                ("reason", letter.reason.escape_debug().to_string()),
                ("subject", letter.subject.escape_debug().to_string()),
                ("id", letter.id.as_deref().unwrap_or("none").escape_debug().to_string()),
                ("origin", letter.origin.escape_debug().to_string()),
                ("deliveries", letter.deliveries.to_string()),
            ] {
                writeln!(text, "{name:<11}{value}").expect(INFALLIBLE);
            }
            let shown: String = sent
                .chars()
                .flat_map(|c| if c.is_control() && c != '\n' { c.escape_debug().collect() } else { vec![c] })
                .collect();
            writeln!(text, "\n{shown}").expect(INFALLIBLE);
        }
    }
    print(&text)
}

fn fields(letter: &DeadLetter) -> Value {
    json!({
        "number": letter.number,
        "reason": letter.reason,
        "subject": letter.subject,
        "id": letter.id,
        "origin": letter.origin,
        "deliveries": letter.deliveries,
        "bytes": letter.payload.len(),
    })
}
