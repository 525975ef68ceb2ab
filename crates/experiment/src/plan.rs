//! The plan: which checks are run on which cases. Pure and deterministic from template, baseline, policy and seed.

use genesis_abi::{Analysis, Applies, Finding, Limits, TemplateText};
use genesis_domain::{Digest, GuestRef, Judged, PlanSummary, Seed, VersionRef};
use genesis_policy::{Guest as PolicyGuest, Policy, Selection};
use genesis_template::{Case, CaseOptions, Kind, Outline, ReadLimits, Renders};

use crate::ExperimentError;
use crate::code::{self, CodeTask, Told};
use crate::request::Request;
use crate::runner::{Loaded, Runner};

/// The kind of a document that cannot be read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// What is going to be run.
pub struct Plan {
    /// The checks, in the policy's order, the user's own guests last; checks of code follow once the cases are rendered.
    pub checks: Vec<PlannedCheck>,
    /// The checks of code, in the policy's order.
    pub code: Vec<CodeCheck>,
    /// The cases; none when there is nothing to judge. Samples of generated code come last.
    pub cases: Vec<Case>,
    /// How many of the cases, at the end, are samples, in the order of the request's.
    pub samples: usize,
    /// What the report says of it.
    pub summary: PlanSummary,
    /// What the planner found about the questions.
    pub findings: Vec<Finding>,
    /// The candidate, as far as it can be read.
    pub candidate: VersionRef,
    /// The baseline, as far as it can be read.
    pub baseline: Option<VersionRef>,
    /// The candidate's kind, as far as it can be read.
    pub kind: Kind,
    /// The candidate's language, when it says one.
    pub language: Option<String>,
    /// The seed.
    pub seed: Seed,
    /// Whether everything is run twice.
    pub repeat: bool,
}

impl Plan {
    /// What the candidate tells of its code.
    pub(crate) fn told(&self) -> Told<'_> {
        Told { language: self.language.as_deref(), kind: self.kind }
    }
}

/// One check with its guest.
#[derive(Clone)]
pub struct PlannedCheck {
    /// Its name.
    pub name: String,
    /// The guest, by name and digest.
    pub guest: GuestRef,
    /// The guest, ready or refused; or why it is not part of this program, which is the host's failure and not the
    /// candidate's.
    pub loaded: Result<Loaded, String>,
    /// What it is applied to.
    pub applies: Applies,
    /// Whether a run that does not complete keeps the candidate from merging.
    pub required: bool,
    /// Limits of each run.
    pub limits: Limits,
    /// For a check of code: what is done with which language.
    pub code: Option<CodeTask>,
}

/// A check of code, before its languages are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeCheck {
    /// Its name.
    pub name: String,
    /// What is done.
    pub analysis: Analysis,
    /// Whether a run that does not complete keeps the candidate from merging.
    pub required: bool,
}

impl Plan {
    /// Whether a case is a sample, and which.
    pub(crate) fn sample(&self, case: usize) -> Option<usize> {
        case.checked_sub(self.cases.len() - self.samples)
    }
}

/// Plans an experiment.
///
/// # Errors
/// When a guest is missing or is not the one that the policy pins, or the host cannot prepare one.
pub fn plan(request: &Request, runner: &Runner) -> Result<Plan, ExperimentError> {
    let limits = read_limits(&request.policy);
    let outline = genesis_template::outline(&request.candidate, &limits);
    let candidate = version_ref(&request.candidate, outline.as_ref().ok());
    let baseline = request.baseline.as_ref().map(|baseline| {
        version_ref(&baseline.text, genesis_template::outline(&baseline.text, &limits).as_ref().ok())
    });
    let seed = request.seed.unwrap_or_else(|| default_seed(&candidate.digest, &request.policy));
    let (checks, code) = checks(request, runner)?;
    let judged = match outline.as_ref().map(|outline| outline.renders) {
        Ok(Renders::Files) => Judged::Rendered,
        Ok(Renders::Prompts) => Judged::Prompts,
        Ok(Renders::Nothing) | Err(_) => Judged::ValidationOnly,
    };
    let by_risk = request.policy.plan(request.risk);
    let kind = outline.as_ref().map_or(Kind::Other, |outline| outline.kind);
    let language = outline.as_ref().ok().and_then(|outline| outline.language.clone());
    let renders =
        judged != Judged::ValidationOnly && checks.iter().any(|check| check.applies == Applies::Render);

    let cases = if outline.is_ok() && (!kind.is_template() || kind == Kind::Other && !renders) {
        Chosen::none(kind)
    } else if renders {
        Chosen::by_risk(request, &by_risk, seed)
    } else {
        Chosen::one()
    };
    // A sample is checked by what checks rendered code; without such a check there is nothing to do with it.
    let checks_code = !code.is_empty() || checks.iter().any(|check| check.applies == Applies::Case);
    let samples = if checks_code { request.samples.len() } else { 0 };
    let mut cases = cases;
    cases.cases.extend(
        request
            .samples
            .iter()
            .take(samples)
            .map(|(path, _)| Case { name: format!("sample {path}"), answers: serde_json::Map::new() }),
    );
    cases.possible += samples as u64;
    Ok(Plan {
        checks,
        code,
        samples,
        summary: PlanSummary {
            judged,
            cases_possible: cases.possible,
            cases_run: cases.cases.len() as u64,
            selection: cases.selection,
        },
        cases: cases.cases,
        findings: cases.findings,
        candidate,
        baseline,
        kind,
        language,
        seed,
        repeat: by_risk.repeat,
    })
}

/// The caps on reading that a policy sets.
pub(crate) fn read_limits(policy: &Policy) -> ReadLimits {
    let max = policy.max();
    ReadLimits { bytes: to_usize(max.template_bytes), depth: to_usize(max.depth), nodes: to_usize(max.nodes) }
}

/// Version, kind and digest of a text.
pub(crate) fn version_ref(text: &TemplateText, outline: Option<&Outline>) -> VersionRef {
    VersionRef {
        kind: outline.map_or(UNREADABLE, |outline| outline.kind.as_str()).to_owned(),
        version: outline.and_then(|outline| outline.version.clone()),
        digest: Digest::from_text(&genesis_template::content_digest(text)),
    }
}

struct Chosen {
    cases: Vec<Case>,
    possible: u64,
    selection: String,
    findings: Vec<Finding>,
}

impl Chosen {
    fn none(kind: Kind) -> Self {
        let selection = format!("nothing to judge: {} is not a kind of template", kind.as_str());
        Self { cases: Vec::new(), possible: 0, selection, findings: Vec::new() }
    }

    fn one() -> Self {
        let case = Case { name: "template".to_owned(), answers: serde_json::Map::new() };
        Self {
            cases: vec![case],
            possible: 1,
            selection: "the template itself; nothing to render".to_owned(),
            findings: Vec::new(),
        }
    }

    fn by_risk(request: &Request, plan: &genesis_policy::Plan, seed: Seed) -> Self {
        let options = CaseOptions {
            selection: match plan.selection {
                Selection::Defaults => genesis_template::Selection::Defaults,
                Selection::EachAlone => genesis_template::Selection::EachAlone,
                Selection::Pairwise => genesis_template::Selection::Pairwise,
            },
            most_cases: to_usize(plan.cases),
            most_questions: to_usize(plan.questions),
            most_choices: to_usize(plan.choices),
            most_answer_bytes: to_usize(plan.answer_bytes),
            seed: seed.0,
            recorded: &request.answers,
        };
        let baseline = request.baseline.as_ref().map(|baseline| &baseline.text);
        let planned = genesis_template::plan_cases(&request.candidate, baseline, &options);
        // What the risk level leaves out by intent is not missing; only a cap leaves out what was asked for.
        let possible = if planned.sampled { planned.possible } else { planned.cases.len() as u64 };
        Self { cases: planned.cases, possible, selection: planned.selection, findings: planned.findings }
    }
}

fn checks(
    request: &Request,
    runner: &Runner,
) -> Result<(Vec<PlannedCheck>, Vec<CodeCheck>), ExperimentError> {
    let policy = &request.policy;
    let mut checks = Vec::new();
    let mut of_code = Vec::new();
    for check in policy.checks() {
        if let Some(check) = code_check(check)? {
            of_code.push(check);
            continue;
        }
        let planned = match &check.guest {
            PolicyGuest::BuiltIn(name) => {
                let guest = runner.built_in(name, policy.class_for(name))?;
                PlannedCheck {
                    name: check.name.clone(),
                    guest: GuestRef {
                        name: name.clone(),
                        digest: Digest::from_text(guest.digest()),
                        built_in: true,
                        engine: None,
                    },
                    loaded: Ok(Loaded::Ready(guest)),
                    applies: check.applies,
                    required: check.required,
                    limits: policy.limits_for(name),
                    code: None,
                }
            }
            PolicyGuest::File { written, .. } => {
                let given =
                    request.guests.iter().find(|guest| guest.name == check.name).ok_or_else(|| {
                        ExperimentError::Request(format!(
                            "the module of check `{}` ({written}) was not read",
                            check.name
                        ))
                    })?;
                let digest = Digest::of(&given.wasm);
                if check.digest.as_ref().is_some_and(|pinned| *pinned != digest) {
                    return Err(ExperimentError::Request(format!(
                        "check `{}`: {written} has the digest {digest}, the policy pins another; \
                         when the change is meant, write the new digest into the policy",
                        check.name
                    )));
                }
                user_check(&check.name, &given.wasm, Some(check.applies), check.required, policy, runner)?
            }
        };
        checks.push(planned);
    }
    for guest in &request.guests {
        if checks.iter().all(|check| check.name != guest.name) {
            checks.push(user_check(&guest.name, &guest.wasm, None, guest.required, policy, runner)?);
        }
    }
    Ok((checks, of_code))
}

/// A check by one of the built-in guests for code; `None` for every other.
fn code_check(check: &genesis_policy::Check) -> Result<Option<CodeCheck>, ExperimentError> {
    let PolicyGuest::BuiltIn(guest) = &check.guest else { return Ok(None) };
    match (code::family(guest), check.applies) {
        (Some(analysis), Applies::Code) => {
            Ok(Some(CodeCheck { name: check.name.clone(), analysis, required: check.required }))
        }
        (None, Applies::Template | Applies::Render | Applies::Case) => Ok(None),
        (Some(_), _) => Err(ExperimentError::Request(format!(
            "check `{}`: the guest `{guest}` takes code; write applies = \"code\"",
            check.name
        ))),
        (None, Applies::Code) => Err(ExperimentError::Request(format!(
            "check `{}`: the guest `{guest}` does not take code; built in for that are {}",
            check.name,
            code::family_names().join(", ")
        ))),
    }
}

/// A guest without a manifest is given the template.
fn user_check(
    name: &str,
    wasm: &[u8],
    applies: Option<Applies>,
    required: bool,
    policy: &Policy,
    runner: &Runner,
) -> Result<PlannedCheck, ExperimentError> {
    let loaded = runner.user_guest(wasm, name, policy)?;
    let says = match &loaded {
        Loaded::Ready(guest) => guest.manifest().map(|manifest| manifest.applies),
        Loaded::Refused(_) => None,
    };
    if let (Some(wanted), Some(says)) = (applies, says)
        && wanted != says
    {
        return Err(ExperimentError::Request(format!(
            "check `{name}`: the policy applies it to `{}`, the guest's manifest says `{}`",
            word(wanted),
            word(says)
        )));
    }
    let applies = applies.or(says).unwrap_or(Applies::Template);
    if applies == Applies::Render {
        return Err(ExperimentError::Request(format!(
            "guest `{name}` renders; only the built-in guest render-template does that in an experiment"
        )));
    }
    if applies == Applies::Code {
        return Err(ExperimentError::Request(format!(
            "guest `{name}` looks at code by its language; in an experiment it is given none"
        )));
    }
    Ok(PlannedCheck {
        name: name.to_owned(),
        guest: GuestRef { name: name.to_owned(), digest: Digest::of(wasm), built_in: false, engine: None },
        loaded: Ok(loaded),
        applies,
        required,
        limits: policy.limits_for(name),
        code: None,
    })
}

fn word(applies: Applies) -> &'static str {
    match applies {
        Applies::Template => "template",
        Applies::Render => "render",
        Applies::Case => "case",
        Applies::Code => "code",
    }
}

/// The default seed: the first eight bytes of a digest of candidate and policy, so that the same question always
/// has the same answer, whatever the experiment's id.
fn default_seed(candidate: &Digest, policy: &Policy) -> Seed {
    let digest = Digest::of(format!("{candidate}\n{}", policy.digest()).as_bytes());
    let hex = digest.as_str().trim_start_matches("sha256:");
    Seed(u64::from_str_radix(&hex[..16], 16).expect("a digest is written in hexadecimal"))
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
