//! What a run would have taken that a budget ended.

use genesis_abi::{LimitName, Limits, RunOutcome};
use genesis_domain::{Need, Shadow, ShadowFound};

use super::{escape, outcome, quantity};

/// A shadow run in words, without a full stop.
pub(super) fn words(shadow: &Shadow) -> String {
    match &shadow.found {
        ShadowFound::Ended { outcome, needs } => {
            let needs: Vec<String> = needs.iter().map(need).collect();
            let needs = format!("needs {}", needs.join(" and "));
            if outcome.is_completed() {
                needs
            } else {
                format!("{needs}, and then ends as {}", outcome::words(outcome))
            }
        }
        ShadowFound::NoEnd { limit } => format!(
            "no end in sight within {} times the {}",
            times(limit_of(&shadow.tried, *limit), limit_of(&shadow.allowed, *limit)),
            budget(*limit)
        ),
        ShadowFound::Otherwise { outcome: RunOutcome::TimedOut(hit) } => format!(
            "no end within {} of a shadow run with {} times the fuel",
            quantity::micros(hit.value.saturating_mul(1000)),
            times(shadow.tried.fuel, shadow.allowed.fuel)
        ),
        ShadowFound::Otherwise { outcome } => {
            format!("not known: a shadow run with more ended as {}", outcome::words(outcome))
        }
        ShadowFound::NotTried { why } => format!("not known: {}", escape::clipped(why, 400)),
    }
}

fn need(need: &Need) -> String {
    let exact = match need.limit {
        LimitName::MemoryBytes => quantity::bytes(need.needed),
        _ => quantity::whole(need.needed),
    };
    format!("{} times the {} ({exact})", times(need.needed, need.allowed), budget(need.limit))
}

/// `a` over `b` with one decimal, rounded up, so that a limit set by it is enough.
fn times(a: u64, b: u64) -> String {
    let tenths = (u128::from(a) * 10).div_ceil(u128::from(b.max(1)));
    let (whole, tenth) = (tenths / 10, tenths % 10);
    if tenth == 0 { whole.to_string() } else { format!("{whole}.{tenth}") }
}

fn budget(limit: LimitName) -> &'static str {
    match limit {
        LimitName::Fuel => "fuel",
        LimitName::MemoryBytes => "memory",
        other => other.as_str(),
    }
}

fn limit_of(limits: &Limits, limit: LimitName) -> u64 {
    if limit == LimitName::MemoryBytes { limits.memory_bytes } else { limits.fuel }
}

#[cfg(test)]
mod tests {
    use super::times;

    #[test]
    fn a_ratio_is_rounded_up() {
        for (a, b, shown) in [
            (13, 10, "1.3"),
            (1_301, 1_000, "1.4"),
            (4, 1, "4"),
            (11, 10, "1.1"),
            (u64::MAX, 1, "18446744073709551615"),
        ] {
            assert_eq!(times(a, b), shown);
        }
    }
}
