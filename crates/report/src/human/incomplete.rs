//! The runs that did not complete, and what they would have taken.

use std::collections::BTreeMap;

use genesis_domain::{Experiment, RunRecord, RunShadow, Side};

use super::{escape, outcome, quantity, shadow, side_word};

/// Most characters of a name.
const MOST_CHARACTERS: usize = 200;

/// The runs of one check on one side that ended in one way.
pub(crate) struct Incomplete {
    /// Which, and how they ended.
    pub(crate) ended: String,
    /// What the first would have taken, when a shadow run looked for it.
    pub(crate) shadow: Option<String>,
}

/// By check, side and outcome.
pub(crate) fn incomplete(experiment: &Experiment) -> Vec<Incomplete> {
    let evidence = &experiment.evidence;
    let mut groups: BTreeMap<(&str, Side, &'static str), Vec<&RunRecord>> = BTreeMap::new();
    for run in evidence.runs.iter().filter(|run| !run.outcome.is_completed()) {
        groups.entry((&run.check, run.side, run.outcome.name())).or_default().push(run);
    }
    let told = groups.iter().map(|((check, side, _), runs)| {
        let first = runs[0];
        let case = first.case.and_then(|case| evidence.cases.get(usize::try_from(case).ok()?));
        let case = case.map(|case| format!(", case {}", escape::clipped(&case.name, MOST_CHARACTERS)));
        let more = runs.len() as u64 - 1;
        let more = if more > 0 { format!(" and {} more", quantity::whole(more)) } else { String::new() };
        let ended = format!(
            "{} on the {}{}{more}: {}",
            escape::clipped(check, MOST_CHARACTERS),
            side_word(*side),
            case.unwrap_or_default(),
            outcome::words(&first.outcome)
        );
        let of_first = |of: &&RunShadow| of.check == first.check && of.side == *side && of.case == first.case;
        let shadow = experiment.shadows.iter().find(of_first).map(|of| shadow::words(&of.shadow));
        Incomplete { ended, shadow }
    });
    told.collect()
}
