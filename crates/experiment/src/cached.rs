//! An experiment that is carried out only when the same question was not asked before.

use genesis_domain::Experiment;
use genesis_sandbox::Cancel;

use crate::ExperimentError;
use crate::commit::dry_run;
use crate::measure::Progress;
use crate::request::Request;
use crate::runner::Runner;
use crate::verdict_cache::{Known, VerdictCache, found_the_same};

/// Where known verdicts are looked up.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// The verdicts.
    pub cache: &'a VerdictCache,
    /// Tells apart programs that may judge differently.
    pub program: &'a str,
    /// Whether what is known is found out anew, and compared.
    pub audit: bool,
}

/// An experiment, and how it was come by.
#[derive(Debug)]
pub struct Answer {
    /// The experiment.
    pub experiment: Experiment,
    /// How it was come by.
    pub source: AnswerSource,
    /// Why an entry of the cache was not believed, when there was one that was not.
    pub not_believed: Option<String>,
}

/// How an experiment was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerSource {
    /// Guests were run.
    Carried,
    /// It was known.
    Known,
    /// It was known, guests were run all the same, and found the same.
    Audited,
    /// It was known, guests were run all the same, and found something else; what they found now is the answer.
    Contradicted,
}

/// Carries an experiment out and records nothing but its answer in the cache.
///
/// # Errors
/// [`ExperimentError`]
pub fn answer(
    request: &Request,
    runner: &Runner,
    knowledge: Option<&Knowledge<'_>>,
    cancel: &Cancel,
    progress: &(dyn Fn(Progress) + Sync),
    clock_us: &dyn Fn() -> u64,
) -> Result<Answer, ExperimentError> {
    let carry_out = || dry_run(request, runner, cancel, progress, clock_us);
    let Some(Knowledge { cache, program, audit }) = knowledge else {
        return Ok(Answer { experiment: carry_out()?, source: AnswerSource::Carried, not_believed: None });
    };
    let question = cache.question(request, runner, program);
    let not_believed = match cache.look_up(&question, request) {
        Known::Experiment(known) if *audit => {
            let experiment = carry_out()?;
            let same = found_the_same(&known, &experiment);
            if !same {
                cache.forget(&question);
            }
            let source = if same { AnswerSource::Audited } else { AnswerSource::Contradicted };
            return Ok(Answer { experiment, source, not_believed: None });
        }
        Known::Experiment(known) => {
            return Ok(Answer { experiment: *known, source: AnswerSource::Known, not_believed: None });
        }
        Known::Nothing => None,
        Known::NotBelieved(why) => {
            cache.forget(&question);
            Some(why)
        }
    };
    let experiment = carry_out()?;
    // One that is not kept is asked again.
    let _kept = cache.keep(&question, &experiment);
    Ok(Answer { experiment, source: AnswerSource::Carried, not_believed })
}
