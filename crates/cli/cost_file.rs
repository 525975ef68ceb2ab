//! `genesis.cost.toml` beside genesis.toml: what was measured, as its figures.

use genesis_domain::{Experiment, Side};
use genesis_experiment::Runner;
use genesis_policy::{Class, CostFile};

/// The file's name.
pub(crate) const FILE: &str = "genesis.cost.toml";

/// No figures yet, of the engines that a runner has.
pub(crate) fn empty(runner: &Runner) -> CostFile {
    let engines = [Class::Small, Class::Large].map(|class| runner.fingerprint(class)).to_vec();
    CostFile { engines, ..CostFile::default() }
}

/// Adds what each case of an experiment's candidate cost. Runs that did not complete say nothing of a cost; nor do those
/// of a guest of which two builds differ, because its figures would hold for one build.
pub(crate) fn add(costs: &mut CostFile, experiment: &Experiment) {
    let evidence = &experiment.evidence;
    let mut cases = genesis_policy::TemplateCost::new();
    for run in &evidence.runs {
        let Some(case) = run.case.and_then(|case| evidence.cases.get(case as usize)) else { continue };
        let own_build_only =
            genesis_guests::ALL.iter().any(|guest| guest.digest == run.guest.as_str() && !guest.reproducible);
        if run.side != Side::Candidate || !run.outcome.is_completed() || own_build_only {
            continue;
        }
        *cases.entry(case.name.clone()).or_default().entry(run.check.clone()).or_default() += run.usage.fuel;
        costs.guests.insert(run.check.clone(), run.guest.clone());
    }
    costs.templates.insert(evidence.subject.template.as_str().to_owned(), cases);
}
