//! `genesis history trends`.

use std::fmt::Write as _;

use genesis_domain::{JobAnalysis, Period, Risk, Spread, Trends};
use genesis_store::{Grouping, Ledger};
use serde_json::json;

use crate::args::Format;
use crate::command::print;
use crate::exit::{Exit, Failure, escape_controls};
use crate::host;

const INFALLIBLE: &str = "writing to a string cannot fail";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Counts what was recorded in so many days.
pub(crate) async fn run(ledger: &Ledger, days: u32, format: Format) -> Result<Exit, Failure> {
    let until_ms = host::now_ms();
    let period = Period { from_ms: until_ms.saturating_sub(i64::from(days) * DAY_MS), until_ms };
    let trends = ledger.trends(period, Grouping::ByType).await?;
    print(&match format {
        Format::Human => listed(&trends, days),
        Format::Json => format!("{:#}\n", json!({ "format_version": 1, "trends": trends })),
    })?;
    Ok(Exit::Success)
}

fn listed(trends: &Trends, days: u32) -> String {
    let mut text = String::new();
    if trends.experiments.is_empty() && trends.jobs.is_empty() {
        return format!("nothing was recorded in the last {days} days\n");
    }
    if !trends.experiments.is_empty() {
        writeln!(
            text,
            "{:<18} {:<12} {:<6} {:>11} {:>6} {:>12} {:>10} {:>13}",
            "kind", "language", "risk", "experiments", "merged", "success rate", "regression", "ms p50/p95"
        )
        .expect(INFALLIBLE);
    }
    for group in &trends.experiments {
        writeln!(
            text,
            "{:<18} {:<12} {:<6} {:>11} {:>6} {:>12} {:>10} {:>13}",
            shown(group.kind.as_deref()),
            shown(group.language.as_deref()),
            group.risk.map_or("-", Risk::as_str),
            group.experiments,
            group.merged,
            ratio(group.mean_success_rate),
            ratio(group.mean_regression),
            spread(group.runtime_ms)
        )
        .expect(INFALLIBLE);
    }
    if !trends.jobs.is_empty() {
        writeln!(
            text,
            "{:<18} {:<12} {:>11} {:>9} {:>6} {:>11} {:>13}  fuel p50/p95",
            "language", "analysis", "jobs", "completed", "failed", "unsupported", "ms p50/p95"
        )
        .expect(INFALLIBLE);
    }
    for group in &trends.jobs {
        writeln!(
            text,
            "{:<18} {:<12} {:>11} {:>9} {:>6} {:>11} {:>13}  {}",
            shown(group.language.as_deref()),
            group.analysis.map_or("-", JobAnalysis::as_str),
            group.jobs,
            group.completed,
            group.failed,
            group.unsupported,
            spread(group.runtime_ms),
            spread(group.fuel)
        )
        .expect(INFALLIBLE);
    }
    text
}

fn shown(name: Option<&str>) -> String {
    name.map_or_else(|| "-".to_owned(), escape_controls)
}

/// What was not measured has no number.
fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(|| "-".to_owned(), |spread| format!("{}/{}", spread.p50, spread.p95))
}
