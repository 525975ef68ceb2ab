//! An examination of the host: a row a limit, and whatever is wrong.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::AnsiColor;
use genesis_abi::LimitName;

use super::{Page, Style, color, counted, escape, outcome, quantity};
use crate::{Doctor, Examined, Resources, ServiceState};

/// Most characters of a detail.
const MOST_CHARACTERS: usize = 400;

/// Verdict first; then every limit with the guest that came furthest past it, every other way to end, what the guests left
/// behind, what stands behind the sandbox, and what else the program needs. With `each_guest` every guest has a row.
pub fn human_doctor(doctor: &Doctor<'_>, each_guest: bool, style: &Style) -> String {
    let mut page = Page::new(style);
    let failed = doctor.guests.iter().filter(|guest| !guest.problems.is_empty()).count() as u64;
    let (tone, word) = if doctor.is_well() { (AnsiColor::Green, "WELL") } else { (AnsiColor::Red, "FAILED") };
    let names: BTreeSet<&str> = doctor.guests.iter().map(|guest| guest.name).collect();
    let tried = counted(names.len() as u64, "guest that misbehaves", "guests that misbehave");
    let ways = if doctor.guests.len() > names.len() {
        let times = quantity::whole(doctor.guests.len() as u64);
        format!(", tried {times} times in this process and in workers")
    } else {
        String::new()
    };
    let bites = match failed {
        _ if doctor.guests.is_empty() => "nothing was tried".to_owned(),
        0 => "each is stopped as it must be".to_owned(),
        1 => "1 is not stopped as it must be".to_owned(),
        failed => format!("{} are not stopped as they must be", quantity::whole(failed)),
    };
    page.line(format!("{}  {tried}{ways}: {bites}", page.paint(color(tone), word)));
    for guest in doctor.guests.iter().filter(|guest| !guest.problems.is_empty()) {
        page.failure(guest);
    }
    page.limits_tried(doctor.guests);
    page.endings(doctor.guests);
    if each_guest {
        page.each(doctor.guests);
    }
    page.host(doctor.before, doctor.after);
    page.heading("behind the sandbox");
    for layer in doctor.layers {
        let state = if layer.is_on { "on" } else { "OFF" };
        page.row(layer.name, state, layer.detail);
    }
    page.heading("besides the sandbox");
    for service in doctor.services {
        let state = match service.state {
            ServiceState::Well => "well",
            ServiceState::Broken => "BROKEN",
            ServiceState::Absent => "none",
            ServiceState::Unknown => "unknown",
        };
        page.row(service.name, state, service.detail);
    }
    page.text
}

impl Page {
    fn row(&mut self, name: &str, state: &str, detail: &str) {
        self.line(format!("  {name:<12} {state:<8} {}", escape::clipped(detail, MOST_CHARACTERS)));
    }

    fn failure(&mut self, guest: &Examined<'_>) {
        self.gap();
        let bad = self.paint(color(AnsiColor::Red), "FAILED");
        self.line(format!("{bad} {} ({}): {}", guest.name, guest.isolation, guest.does));
        for problem in guest.problems {
            self.line(format!("  {}", escape::clipped(problem, MOST_CHARACTERS)));
        }
        self.line(format!("  it ended in {}", outcome::words(guest.outcome)));
    }

    fn limits_tried(&mut self, guests: &[Examined<'_>]) {
        let mut by_limit: BTreeMap<(LimitName, &str), Vec<&Examined<'_>>> = BTreeMap::new();
        for guest in guests {
            if let Some((name, _)) = guest.limit {
                by_limit.entry((name, guest.isolation)).or_default().push(guest);
            }
        }
        if by_limit.is_empty() {
            return;
        }
        self.heading("limit               allowed       asked  stopped at    over  guests  verdict");
        for ((name, isolation), guests) in by_limit {
            let Some(worst) = worst(&guests) else { continue };
            let shown =
                |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| in_unit(name, value));
            let over = worst.overshoot_percent.map_or_else(|| "-".to_owned(), |over| format!("{over:.1} %"));
            let verdict = self.biting(guests.iter().all(|guest| guest.problems.is_empty()));
            self.line(format!(
                "{:<16} {:>10} {:>11} {:>11} {over:>7} {:>7}  {verdict}{}",
                name.as_str(),
                shown(worst.limit.map(|(_, value)| value)),
                shown(worst.asked),
                shown(worst.stopped_at),
                guests.len(),
                if isolation == "worker" { ", in a worker" } else { "" },
            ));
        }
        let faint = self
            .faint("`stopped at` is what was really used; `-` where nothing was run, or it cannot be seen");
        self.line(faint);
    }

    fn endings(&mut self, guests: &[Examined<'_>]) {
        let mut by_outcome: BTreeMap<(&str, &str), Vec<&Examined<'_>>> = BTreeMap::new();
        for guest in guests.iter().filter(|guest| guest.limit.is_none()) {
            by_outcome.entry((guest.outcome.name(), guest.isolation)).or_default().push(guest);
        }
        if by_outcome.is_empty() {
            return;
        }
        self.heading("other ending                                              guests  verdict");
        for ((name, isolation), guests) in by_outcome {
            let all = guests.iter().all(|guest| guest.problems.is_empty());
            let verdict = if all {
                self.paint(color(AnsiColor::Green), "as it must be")
            } else {
                self.paint(color(AnsiColor::Red), "FAILED")
            };
            let where_ = if isolation == "worker" { ", in a worker" } else { "" };
            self.line(format!("{name:<56} {:>7}  {verdict}{where_}", guests.len()));
        }
    }

    fn each(&mut self, guests: &[Examined<'_>]) {
        self.heading(
            "guest                                    ended in             loaded    ran     verdict",
        );
        for guest in guests {
            let verdict = self.biting(guest.problems.is_empty());
            self.line(format!(
                "{:<40} {:<18} {:>9} {:>9}  {verdict}{}",
                guest.name,
                guest.outcome.name(),
                quantity::micros(guest.load_us),
                quantity::micros(guest.run_us),
                if guest.isolation == "worker" { ", in a worker" } else { "" },
            ));
        }
    }

    fn biting(&self, bites: bool) -> String {
        if bites {
            self.paint(color(AnsiColor::Green), "bites")
        } else {
            self.paint(color(AnsiColor::Red), "FAILED")
        }
    }

    fn host(&mut self, before: Resources, after: Resources) {
        self.heading("this process       before       after");
        let rows = [
            ("resident memory", before.resident_bytes, after.resident_bytes, true),
            ("file descriptors", before.descriptors, after.descriptors, false),
            ("threads", before.threads, after.threads, false),
        ];
        for (name, before, after, is_bytes) in rows {
            let shown = |value: Option<u64>| match value {
                None => "not shown".to_owned(),
                Some(value) if is_bytes => quantity::bytes(value),
                Some(value) => quantity::whole(value),
            };
            self.line(format!("{name:<16} {:>11} {:>11}", shown(before), shown(after)));
        }
    }
}

/// The guest that came furthest past the limit; the first of those that came equally far.
fn worst<'a>(guests: &[&'a Examined<'a>]) -> Option<&'a Examined<'a>> {
    let mut worst: Option<&Examined<'_>> = None;
    for guest in guests.iter().copied() {
        let over = |guest: &Examined<'_>| guest.overshoot_percent.unwrap_or(0.0);
        if worst.is_none_or(|worst| {
            (guest.problems.is_empty(), worst.problems.is_empty()) == (false, true)
                || (guest.problems.is_empty() == worst.problems.is_empty() && over(guest) > over(worst))
        }) {
            worst = Some(guest);
        }
    }
    worst
}

fn in_unit(limit: LimitName, value: u64) -> String {
    match limit {
        LimitName::Fuel => quantity::fuel(value),
        LimitName::WallTimeMs => quantity::micros(value.saturating_mul(1_000)),
        name if name.is_in_bytes() => quantity::bytes(value),
        _ => quantity::whole(value),
    }
}
