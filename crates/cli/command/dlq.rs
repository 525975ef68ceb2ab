//! `genesis dlq`.

use std::fmt::Write as _;

use genesis_bus::{Bus, DeadLetter, Topology};
use serde_json::{Value, json};

use crate::args::{BusAddress, Dlq, DlqCommand, Format, Global};
use crate::command::{print, runtime, serve};
use crate::config::Config;
use crate::exit::{Exit, Failure};

const INFALLIBLE: &str = "writing to a string cannot fail";

/// Looks at dead letters and does with them what is asked.
pub(crate) fn run(args: &Dlq, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    runtime()?.block_on(async {
        match &args.command {
            DlqCommand::List { bus, limit, format } => {
                let letters = connect(bus, &config).await?.dead_letters(*limit).await?;
                list(&letters, *format)
            }
            DlqCommand::Show { number, bus, format } => {
                let letter = connect(bus, &config).await?.dead_letter(*number).await?;
                show(&letter, *format)
            }
            DlqCommand::Requeue { number, bus } => {
                connect(bus, &config).await?.requeue(*number).await?;
                print(&format!("{number} was sent again\n"))
            }
            DlqCommand::Drop { number, bus } => {
                connect(bus, &config).await?.drop_dead(*number).await?;
                print(&format!("{number} is dropped\n"))
            }
        }
    })?;
    Ok(Exit::Success)
}

async fn connect(address: &BusAddress, config: &Config) -> Result<Bus, Failure> {
    Ok(Bus::connect(&serve::address(address, config)?, &Topology::genesis()).await?)
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
                    shown(&letter.subject),
                    shown(letter.id.as_deref().unwrap_or("without id")),
                    letter.deliveries,
                    shown(&letter.reason)
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
                ("reason", shown(&letter.reason)),
                ("subject", shown(&letter.subject)),
                ("id", shown(letter.id.as_deref().unwrap_or("none"))),
                ("origin", shown(&letter.origin)),
                ("deliveries", letter.deliveries.to_string()),
            ] {
                writeln!(text, "{name:<11}{value}").expect(INFALLIBLE);
            }
            let sent: Vec<String> = sent.split('\n').map(shown).collect();
            writeln!(text, "\n{}", sent.join("\n")).expect(INFALLIBLE);
        }
    }
    print(&text)
}

/// A line as it is, but for what would steer a terminal or pass for something else.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => shown.push(c),
            c => shown.extend(c.escape_debug()),
        }
    }
    shown
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_shown_as_they_are_and_nothing_steers_the_terminal() {
        assert_eq!(shown(r#"no field "b", see c:\d or it's"#), r#"no field "b", see c:\d or it's"#);
        assert_eq!(shown("a\u{1b}[31mb\r\n\u{202e}"), "a\\u{1b}[31mb\\r\\n\\u{202e}");
    }
}
