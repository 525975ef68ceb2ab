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
                    readable(&letter.subject, false),
                    readable(letter.id.as_deref().unwrap_or("without id"), false),
                    letter.deliveries,
                    readable(&letter.reason, false)
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
                ("reason", readable(&letter.reason, false)),
                ("subject", readable(&letter.subject, false)),
                ("id", readable(letter.id.as_deref().unwrap_or("none"), false)),
                ("origin", readable(&letter.origin, false)),
                ("deliveries", letter.deliveries.to_string()),
            ] {
                writeln!(text, "{name:<11}{value}").expect(INFALLIBLE);
            }
            let shown = readable(&sent, true);
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

/// Text as it is, but for what a terminal would act on or what would break the line.
fn readable(text: &str, in_lines: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let is_plain = (in_lines && c == '\n') || matches!(c, '"' | '\'' | '\\');
        if is_plain {
            shown.push(c);
        } else {
            shown.extend(c.escape_debug());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn quotes_are_as_they_are_and_what_a_terminal_acts_on_is_not() {
        assert_eq!(readable("unknown field `a`: \"b\" \\ 'c' é", false), "unknown field `a`: \"b\" \\ 'c' é");
        assert_eq!(readable("a\u{1b}[31m\nb\u{202e}", false), "a\\u{1b}[31m\\nb\\u{202e}");
        assert_eq!(readable("a\nb\t", true), "a\nb\\t");
    }
}
