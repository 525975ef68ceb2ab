//! How a run ended, in words, and what it used beside what it was allowed.

use genesis_abi::{FailedReason, LimitHit, LimitName, Limits, RunOutcome, Usage};

use super::{escape, quantity};

/// Most characters shown of what a guest wrote.
const MOST_CHARACTERS: usize = 400;

/// An outcome in words, its name first.
pub(crate) fn words(outcome: &RunOutcome) -> String {
    let detail = match outcome {
        RunOutcome::Completed | RunOutcome::Cancelled => String::new(),
        RunOutcome::Failed { reason, exit_code, excerpt } => {
            let why = match reason {
                FailedReason::ExitCode => match exit_code {
                    Some(code) => format!("exit code {code}"),
                    None => "an exit code other than 0".to_owned(),
                },
                FailedReason::NoOutput => "nothing on standard output".to_owned(),
                FailedReason::NotJson => "its output is not one JSON document".to_owned(),
                FailedReason::WrongShape => "its output is JSON, but no report".to_owned(),
                FailedReason::NoStart => "it exports no function `_start`".to_owned(),
            };
            let excerpt = escape::clipped(excerpt.trim(), MOST_CHARACTERS);
            if excerpt.is_empty() { why } else { format!("{why}; it wrote: {excerpt}") }
        }
        RunOutcome::Trapped { trap } => escape::clipped(trap, MOST_CHARACTERS),
        RunOutcome::OutOfFuel(hit)
        | RunOutcome::TimedOut(hit)
        | RunOutcome::MemoryExceeded(hit)
        | RunOutcome::TableExceeded(hit)
        | RunOutcome::StackOverflow(hit)
        | RunOutcome::OutputExceeded(hit)
        | RunOutcome::HostCallExceeded(hit) => limit(hit),
        RunOutcome::DeniedImport { imports, also } => {
            let shown: Vec<String> =
                imports.iter().take(8).map(|import| escape::clipped(import, 100)).collect();
            let more = imports.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            with(format!("the host does not give {}{more}", shown.join(", ")), also)
        }
        RunOutcome::InvalidModule { message } => escape::clipped(message, MOST_CHARACTERS),
        RunOutcome::ModuleTooComplex { limits, also } => {
            with(limits.iter().map(limit).collect::<Vec<_>>().join("; "), also)
        }
    };
    if detail.is_empty() { outcome.name().to_owned() } else { format!("{}: {detail}", outcome.name()) }
}

/// A reason, and the others after it.
fn with(mut reason: String, also: &[String]) -> String {
    for other in also {
        reason.push_str("; ");
        reason.push_str(&escape::clipped(other, MOST_CHARACTERS));
    }
    reason
}

fn limit(hit: &LimitHit) -> String {
    let shown = |value| match hit.limit {
        LimitName::Fuel => quantity::fuel(value),
        LimitName::WallTimeMs | LimitName::CompileTimeMs => quantity::micros(value.saturating_mul(1000)),
        name if name.is_in_bytes() => quantity::bytes(value),
        _ => quantity::whole(value),
    };
    let (value, peak) = (shown(hit.value), shown(hit.peak));
    match hit.peak {
        peak if peak == hit.value => format!("{} is limited to {value}, and all of it was used", hit.limit),
        _ if peak == value => format!("{} is limited to {value}, and it came to just over that", hit.limit),
        _ => format!("{} is limited to {value}, and it came to {peak}", hit.limit),
    }
}

/// What was used of what was allowed, on one line.
pub(super) fn spent(peak: &Usage, limits: &Limits) -> String {
    let mut parts = vec![
        format!("fuel {} of {}", quantity::fuel(peak.fuel), quantity::fuel(limits.fuel)),
        format!(
            "memory {} of {}",
            quantity::bytes(peak.peak_memory_bytes),
            quantity::bytes(limits.memory_bytes)
        ),
    ];
    if let Some(us) = peak.wall_time_us {
        let allowed = quantity::micros(limits.wall_time_ms.saturating_mul(1000));
        parts.push(format!("time {} of {allowed}", quantity::micros(us)));
    }
    parts.push(format!(
        "output {} of {}",
        quantity::bytes(peak.stdout_bytes),
        quantity::bytes(limits.stdout_bytes)
    ));
    parts.join(", ")
}
