//! The checks of code in an experiment: planned when the cases have been rendered, one for each language.

use genesis_abi::{Analysis, Applies, Finding, Rendering};
use genesis_domain::{Digest, GuestRef};

use super::{
    CodeTask, Taker, family_of, languages, languages_of_tests, not_parsed, not_run, of_unknown_language,
    taker,
};
use crate::ExperimentError;
use crate::plan::{Plan, PlannedCheck};
use crate::request::Request;
use crate::runner::{Loaded, Runner};

/// The checks of code for what was rendered, and notes on languages that nobody takes.
pub(crate) fn checks(
    plan: &Plan,
    request: &Request,
    runner: &Runner,
    renderings: &[&Rendering],
) -> Result<(Vec<PlannedCheck>, Vec<Finding>), ExperimentError> {
    let template = plan.told();
    let rendered = || renderings.iter().copied();
    let mut planned = Planned { request, runner, checks: Vec::new(), notes: Vec::new() };
    for check in &plan.code {
        if check.analysis == Analysis::Syntax {
            planned.notes.extend(of_unknown_language(rendered(), template));
        }
        let languages = match check.analysis {
            Analysis::Syntax | Analysis::Lint => languages(rendered(), template),
            Analysis::Run => languages_of_tests(rendered(), template),
        };
        for language in languages {
            let task = CodeTask { analysis: check.analysis, language: language.to_owned(), suite: None };
            let note = match check.analysis {
                Analysis::Syntax => Some(not_parsed(language)),
                // That nobody lints a language is said by the note that nobody parses it.
                Analysis::Lint => None,
                Analysis::Run => Some(not_run(language, "the template's own tests are")),
            };
            if check.analysis == Analysis::Lint {
                let of_template = super::rules::of_template(&request.candidate, language);
                planned.notes.extend(super::not_enforced(&of_template.unenforced));
            }
            planned.add(&check.name, check.required, task, note)?;
        }
    }
    for check in plan.checks.iter().filter(|check| check.applies == Applies::Code) {
        planned.add_own(check, &languages(rendered(), template));
    }
    for (index, suite) in request.policy.suites().iter().enumerate() {
        let language = genesis_template::language_named(&suite.language)
            .map_or(suite.language.as_str(), |language| language.id);
        let task = CodeTask { analysis: Analysis::Run, language: language.to_owned(), suite: Some(index) };
        let note = not_run(language, &format!("the suite `{}` is", suite.name));
        planned.add(&suite.name, suite.required, task, Some(note))?;
    }
    planned.notes.sort();
    planned.notes.dedup();
    Ok((planned.checks, planned.notes))
}

struct Planned<'a> {
    request: &'a Request,
    runner: &'a Runner,
    checks: Vec<PlannedCheck>,
    notes: Vec<Finding>,
}

impl Planned<'_> {
    /// A check by a built-in guest; when nobody takes the language, the note says so.
    fn add(
        &mut self,
        name: &str,
        required: bool,
        task: CodeTask,
        note: Option<Finding>,
    ) -> Result<(), ExperimentError> {
        let policy = &self.request.policy;
        let family = family_of(task.analysis);
        let (guest, loaded) = match taker(task.analysis, &task.language) {
            Taker::Nobody => {
                self.notes.extend(note);
                return Ok(());
            }
            Taker::LeftOut(why) => {
                let guest = GuestRef {
                    name: family.to_owned(),
                    digest: Digest::of(b""),
                    built_in: true,
                    engine: None,
                };
                (guest, Err(why.to_owned()))
            }
            Taker::Guest(guest) => {
                let loaded = self.runner.built_in(guest.name, policy.class_for(family))?;
                let digest = Digest::from_text(loaded.digest());
                let guest = GuestRef { name: guest.name.to_owned(), digest, built_in: true, engine: None };
                (guest, Ok(Loaded::Ready(loaded)))
            }
        };
        self.checks.push(PlannedCheck {
            name: format!("{name} ({})", task.language),
            guest,
            loaded,
            applies: Applies::Code,
            required,
            limits: policy.limits_for(family),
            code: Some(task),
        });
        Ok(())
    }

    /// A check by a guest of the user's own, for the languages that its manifest names.
    fn add_own(&mut self, check: &PlannedCheck, rendered: &std::collections::BTreeSet<&'static str>) {
        let Ok(Loaded::Ready(guest)) = &check.loaded else { return };
        let Some(manifest) = guest.manifest() else { return };
        let analysis = manifest.analyses.first().copied().unwrap_or(Analysis::Syntax);
        for language in manifest.languages.iter().filter(|language| rendered.contains(language.as_str())) {
            let task = CodeTask { analysis, language: language.clone(), suite: None };
            let name = format!("{} ({language})", check.name);
            self.checks.push(PlannedCheck { name, code: Some(task), ..check.clone() });
        }
    }
}
