//! Which tasks there are and when each is due. Pure: the time is given. All times are UTC.

use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Something that is done at set times, by one of the processes that share a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// Removes from the ledger what is not needed any more.
    Cleanup,
    /// Counts the last 30 days by type and risk.
    Trends,
    /// Sends what was counted since the last time.
    Metrics,
    /// Takes away what queues have kept for long enough.
    QueueRetention,
}

impl Task {
    /// All tasks.
    pub const ALL: [Self; 4] = [Self::Cleanup, Self::Trends, Self::Metrics, Self::QueueRetention];

    /// The name, as in the ledger and the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cleanup => "cleanup",
            Self::Trends => "trends",
            Self::Metrics => "metrics",
            Self::QueueRetention => "queue-retention",
        }
    }

    /// The task of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.as_str() == name)
    }

    /// When it is due unless somebody says otherwise.
    pub fn default_times(self) -> &'static str {
        match self {
            Self::Cleanup => "0 */6 * * *",
            Self::Trends => "0 0 * * *",
            Self::Metrics => "0 1 * * *",
            Self::QueueRetention => "0 2 * * *",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Times by a cron expression in UTC: minute, hour, day of month, month, day of week; seconds may come before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronExpression {
    text: String,
    cron: Cron,
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no cron expression: {why}")]
pub struct CronError {
    text: String,
    why: String,
}

/// The fields of an expression with seconds.
const FIELDS: [&str; 6] = ["seconds", "minutes", "hours", "day of the month", "month", "day of the week"];

/// From here on an expression must have a time: 2026-01-01.
const SOME_TIME_MS: i64 = 1_767_225_600_000;

impl CronExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`CronError`], which names the field that is wrong; also for one that no time ever matches.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let error = |why: String| CronError {
            text: text.escape_debug().to_string(),
            why: why.replace(char::is_control, "?"),
        };
        let cron = parsed(text).map_err(|why| error(field_at_fault(text).unwrap_or(why)))?;
        let expression = Self { text: text.trim().to_owned(), cron };
        match expression.next_after(SOME_TIME_MS) {
            Some(_) => Ok(expression),
            None => Err(error("no time ever matches it".to_owned())),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after `at_ms`, in milliseconds since the Unix epoch.
    pub fn next_after(&self, at_ms: i64) -> Option<i64> {
        let next = self.cron.find_next_occurrence(&date_time(at_ms)?, false).ok()?;
        milliseconds(next)
    }

    /// The last time that is not after `at_ms`.
    pub fn latest_until(&self, at_ms: i64) -> Option<i64> {
        let latest = self.cron.find_previous_occurrence(&date_time(at_ms)?, true).ok()?;
        milliseconds(latest)
    }
}

/// The tasks that are done, each with its times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule(pub Vec<(Task, CronExpression)>);

fn parsed(text: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
    parser.parse(text).map_err(|error| error.to_string().trim_end_matches('.').to_owned())
}

/// The first field that is no good whatever the others are.
fn field_at_fault(text: &str) -> Option<String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let skipped = FIELDS.len().checked_sub(fields.len()).filter(|skipped| *skipped <= 1)?;
    fields.iter().zip(&FIELDS[skipped..]).enumerate().find_map(|(place, (field, name))| {
        let mut alone = vec!["*"; FIELDS.len()];
        alone[skipped + place] = field;
        let why = parsed(&alone.join(" ")).err()?;
        Some(format!("field {} ({name}) is `{}`: {why}", place + 1, field.escape_debug()))
    })
}

/// In whole seconds: an expression knows nothing smaller.
fn date_time(at_ms: i64) -> Option<DateTime> {
    let time = Timestamp::from_second(at_ms.div_euclid(1000)).ok()?;
    Some(time.to_zoned(TimeZone::UTC).datetime())
}

fn milliseconds(time: DateTime) -> Option<i64> {
    time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second().checked_mul(1000)
}

#[cfg(test)]
mod tests;
