//! A policy that has been loaded, and what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use genesis_abi::{Applies, Limits, ModuleLimits};
use genesis_domain::{Digest, Risk};

use crate::attached::{LintRules, Suite};
use crate::date::Date;
use crate::decide::Rule;
use crate::glob;
use crate::key::{self, KEYS};
use crate::layer::{profile_of, risk_of};
use crate::value::Setting;

/// How strictly the validator reads templates. A stricter profile is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// Only text that is not JSON is an error.
    Legacy,
    /// The default.
    Standard,
    /// What is a warning in standard is an error.
    Strict,
}

/// Engine class of a guest; it fixes the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// For ordinary guests.
    Small,
    /// For guests that recurse deeply.
    Large,
}

/// Where a guest of the user's own is compiled and runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// In the process that runs the experiment.
    InProcess,
    /// In worker processes of its own.
    Worker {
        /// Milliseconds that compiling it may take.
        compile_time_ms: u64,
        /// Whether a host is refused that cannot lock workers down.
        required: bool,
    },
}

/// How cases are chosen. A later one tries more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection {
    /// The default answers only.
    Defaults,
    /// And each answer varied alone, with boundaries.
    EachAlone,
    /// And a pairwise covering array, with recorded answer sets.
    Pairwise,
}

/// Which cases one risk level tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How they are chosen.
    pub selection: Selection,
    /// Most cases.
    pub cases: u64,
    /// Most questions that are varied.
    pub questions: u64,
    /// Most choices tried of one question.
    pub choices: u64,
    /// Most bytes of one answer that is made up.
    pub answer_bytes: u64,
    /// Whether everything is run twice and must give the same bytes.
    pub repeat: bool,
}

/// What a template and its experiment may ask for at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Max {
    /// Bytes of the template's document.
    pub template_bytes: u64,
    /// Depth of nested JSON.
    pub depth: u64,
    /// JSON values in the document.
    pub nodes: u64,
    /// Files that a template draws in.
    pub parts: u64,
    /// Bytes of one such file.
    pub part_bytes: u64,
    /// Bytes of all such files together.
    pub total_part_bytes: u64,
    /// Bytes that one case may render.
    pub rendered_bytes: u64,
    /// Bytes that all cases of an experiment may render, both versions together.
    pub experiment_bytes: u64,
    /// Highest risk level that may be asked for.
    pub risk: Risk,
}

/// One guest to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The check's name, unique in its policy.
    pub name: String,
    /// The guest.
    pub guest: Guest,
    /// Digest that the guest's module must have; always there for a file.
    pub digest: Option<Digest>,
    /// What it is applied to; the guest's manifest must say the same.
    pub applies: Applies,
    /// Whether a run that does not complete keeps a candidate from merging.
    pub required: bool,
}

/// Where a check's guest comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guest {
    /// Built into genesis, by name.
    BuiltIn(String),
    /// A file.
    File {
        /// Its path as the policy file has it.
        written: String,
        /// The path as seen from where the policy was loaded.
        path: String,
    },
}

/// The least that a request may ask for, for templates or publishers of some names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minimum {
    /// Pattern that the template's id must match.
    pub template: Option<String>,
    /// Pattern that the publisher's name must match.
    pub publisher: Option<String>,
    /// Least risk level.
    pub risk: Option<Risk>,
    /// Least strict profile.
    pub profile: Option<Profile>,
}

/// A finding's code that is waived for a time: its findings are shown and count for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The code.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Last day on which it holds.
    pub expires: Date,
}

/// Which file set something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Name of the policy.
    pub policy: String,
    /// The file, as it was named, or `<name> (built in)`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// What is asked of a policy for one experiment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The template's id.
    pub template: String,
    /// Who asks, when it is known.
    pub publisher: Option<String>,
    /// Risk level asked for.
    pub risk: Option<Risk>,
    /// Profile asked for.
    pub profile: Option<Profile>,
}

/// What holds for one experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tightened {
    /// Risk level.
    pub risk: Risk,
    /// Profile.
    pub profile: Profile,
    /// One sentence for each part of the request that was raised to the policy's minimum.
    pub raised: Vec<String>,
}

/// A request that a policy refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TightenError {
    /// The risk level costs more than the policy allows.
    #[error("risk level {} is above {}, the highest that policy `{policy}` allows", .asked.as_str(), .most.as_str())]
    RiskAboveMax {
        /// Name of the policy.
        policy: String,
        /// What was asked for.
        asked: Risk,
        /// The highest allowed.
        most: Risk,
    },
}

/// A loaded policy: every setting has a value, and all of it can be honoured.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Every path of [`KEYS`], and those of single guests.
    pub(crate) settings: BTreeMap<String, Setting>,
    pub(crate) checks: Vec<Check>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) minimums: Vec<Minimum>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) suites: Vec<Suite>,
    pub(crate) lints: Vec<LintRules>,
    /// By setting's path, and by `check.<name>`, `rule.<name>`, `minimum.<index>`, `exception.<code>`, `suite.<name>` and `lint.<name>`.
    pub(crate) origins: BTreeMap<String, Origin>,
    /// Paths of [`KEYS`] that are not part of the canonical text, because they came after the policy was recorded.
    pub(crate) unrecorded: BTreeSet<&'static str>,
}

impl Policy {
    /// The policy's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line on what it is for; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The rules in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The checks in order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Suites of tests, in order.
    pub fn suites(&self) -> &[Suite] {
        &self.suites
    }

    /// Lint rules of the user's own, in order.
    pub fn lint_rules(&self) -> &[LintRules] {
        &self.lints
    }

    /// The policy with further suites, such as those that lie beside a template. One of a name that is taken is refused.
    ///
    /// # Errors
    /// The name that is taken.
    pub fn with_suites(mut self, suites: Vec<Suite>) -> Result<Self, String> {
        for suite in suites {
            if self.suites.iter().any(|other| other.name == suite.name) {
                return Err(suite.name);
            }
            self.suites.push(suite);
        }
        Ok(self)
    }

    /// The exceptions, by code.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The exception that waives a finding's code.
    pub fn waiver(&self, code: &str) -> Option<&Exception> {
        self.exceptions.iter().find(|exception| exception.code == code)
    }

    /// Limits of one run of a guest.
    pub fn limits_for(&self, guest: &str) -> Limits {
        let limit = |name: &str| number(self.limit(guest, name));
        Limits {
            fuel: limit("fuel"),
            wall_time_ms: limit("wall_time_ms"),
            memory_bytes: limit("memory_bytes"),
            table_elements: limit("table_elements"),
            stdout_bytes: limit("stdout_bytes"),
            stderr_bytes: limit("stderr_bytes"),
            host_calls: limit("host_calls"),
        }
    }

    /// Engine class of a guest.
    pub fn class_for(&self, guest: &str) -> Class {
        if word(self.limit(guest, "class")) == "large" { Class::Large } else { Class::Small }
    }

    /// Limits of a module of the user's own before it is compiled.
    pub fn module_limits(&self) -> ModuleLimits {
        ModuleLimits::of(|limit| self.number(&format!("module.{limit}")))
    }

    /// Where guests of the user's own are compiled and run.
    pub fn isolation(&self) -> Isolation {
        if self.word("isolation.mode") == "worker" {
            Isolation::Worker {
                compile_time_ms: self.number("module.compile_time_ms"),
                required: self.flag("isolation.required"),
            }
        } else {
            Isolation::InProcess
        }
    }

    /// What a template may ask for at most.
    pub fn max(&self) -> Max {
        Max {
            template_bytes: self.number("max.template_bytes"),
            depth: self.number("max.depth"),
            nodes: self.number("max.nodes"),
            parts: self.number("max.parts"),
            part_bytes: self.number("max.part_bytes"),
            total_part_bytes: self.number("max.total_part_bytes"),
            rendered_bytes: self.number("max.rendered_bytes"),
            experiment_bytes: self.number("max.experiment_bytes"),
            risk: risk_of(self.word("max.risk")),
        }
    }

    /// Which cases a risk level tries.
    pub fn plan(&self, risk: Risk) -> Plan {
        let path = |name: &str| format!("plan.{}.{name}", risk.as_str());
        Plan {
            selection: match self.word(&path("selection")) {
                "defaults" => Selection::Defaults,
                "each-alone" => Selection::EachAlone,
                _ => Selection::Pairwise,
            },
            cases: self.number(&path("cases")),
            questions: self.number(&path("questions")),
            choices: self.number(&path("choices")),
            answer_bytes: self.number(&path("answer_bytes")),
            repeat: self.flag(&path("repeat")),
        }
    }

    /// Whether a template of prompts needs samples of generated code to be judged.
    pub fn requires_generated_code(&self) -> bool {
        self.flag("generate.required")
    }

    /// Growth of fuel, as a ratio, beyond which a report warns.
    pub fn fuel_growth_warn(&self) -> f64 {
        self.ratio("cost.fuel_growth_warn")
    }

    /// Growth of one case's fuel over `genesis.cost.toml`, as a ratio, that is too much.
    pub fn case_growth(&self) -> f64 {
        self.ratio("cost.case_growth")
    }

    /// Whether a rollback verdict writes the rollback step at once.
    pub fn rolls_back_automatically(&self) -> bool {
        self.flag("rollback.automatic")
    }

    /// What holds for a request: the stricter of what it asks for and of the policy's minimum, or the policy's
    /// default where it asks for nothing. A requester may tighten, never loosen.
    ///
    /// # Errors
    /// A risk level above the policy's highest is refused rather than lowered.
    pub fn tightened(&self, request: &Request) -> Result<Tightened, TightenError> {
        let most = risk_of(self.word("max.risk"));
        if let Some(asked) = request.risk.filter(|asked| *asked > most) {
            return Err(TightenError::RiskAboveMax { policy: self.name.clone(), asked, most });
        }
        let matching = || self.minimums.iter().filter(|minimum| minimum.matches(request));
        let least_risk = matching()
            .filter_map(|minimum| minimum.risk)
            .fold(risk_of(self.word("plan.minimum_risk")), Risk::max);
        let least_profile = matching()
            .filter_map(|minimum| minimum.profile)
            .fold(profile_of(self.word("profile.minimum")), Profile::max);
        let risk = request.risk.unwrap_or_else(|| risk_of(self.word("plan.risk"))).max(least_risk);
        let profile =
            request.profile.unwrap_or_else(|| profile_of(self.word("profile.validator"))).max(least_profile);
        let mut raised = Vec::new();
        if let Some(asked) = request.risk.filter(|asked| *asked < risk) {
            raised.push(self.raised("risk level", asked.as_str(), risk.as_str()));
        }
        if let Some(asked) = request.profile.filter(|asked| *asked < profile) {
            raised.push(self.raised("profile", asked.as_str(), profile.as_str()));
        }
        Ok(Tightened { risk, profile, raised })
    }

    /// Which file set a setting, or `check.<name>`, `rule.<name>`, `minimum.<index>`, `exception.<code>`. A limit of a
    /// guest that has none of its own has the origin of the general limit.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.origins.get(key).or_else(|| {
            let (_, setting) = key::guest_of(key)?;
            self.origins.get(&format!("limits.{setting}"))
        })
    }

    /// Every setting in order: path, value for people, origin.
    pub fn settings(&self) -> impl Iterator<Item = (&str, String, &Origin)> {
        self.ordered_settings().map(|(path, setting)| {
            let kind = key::kind_of(path).expect("a setting of a policy is in the table of keys");
            (path, kind.show(setting), self.origin(path).expect("every setting has an origin"))
        })
    }

    /// Settings in the order of the table, each general limit's section followed by those of single guests.
    pub(crate) fn ordered_settings(&self) -> impl Iterator<Item = (&str, &Setting)> {
        let section = |path: &str| path.rsplit_once('.').map_or("", |(section, _)| section).to_owned();
        let mut ordered: Vec<(usize, String, &str, &Setting)> = self
            .settings
            .iter()
            .map(|(path, setting)| {
                let general = key::guest_of(path).map(|(_, name)| format!("limits.{name}"));
                let position = KEYS.iter().position(|key| key.path == general.as_deref().unwrap_or(path));
                (
                    position.expect("a setting of a policy is in the table of keys"),
                    section(path),
                    path.as_str(),
                    setting,
                )
            })
            .collect();
        let first_of = |wanted: &str| {
            let wanted = if wanted.starts_with(key::GUEST_PREFIX) { "limits" } else { wanted };
            KEYS.iter().position(|key| section(key.path) == wanted)
        };
        ordered
            .sort_by_cached_key(|(position, section, _, _)| (first_of(section), section.clone(), *position));
        ordered.into_iter().map(|(_, _, path, setting)| (path, setting))
    }

    fn raised(&self, what: &str, asked: &str, least: &str) -> String {
        format!("{what} raised from {asked} to {least}, the least that policy `{}` allows here", self.name)
    }

    fn limit(&self, guest: &str, name: &str) -> &Setting {
        self.settings
            .get(&format!("{}{guest}.{name}", key::GUEST_PREFIX))
            .unwrap_or_else(|| self.setting(&format!("limits.{name}")))
    }

    pub(crate) fn number(&self, path: &str) -> u64 {
        number(self.setting(path))
    }

    pub(crate) fn ratio(&self, path: &str) -> f64 {
        match self.setting(path) {
            Setting::Ratio(ratio) => *ratio,
            other => unreachable!("the table of keys gives {path} a ratio, not {other:?}"),
        }
    }

    fn word(&self, path: &str) -> &'static str {
        word(self.setting(path))
    }

    fn flag(&self, path: &str) -> bool {
        match self.setting(path) {
            Setting::Flag(flag) => *flag,
            other => unreachable!("the table of keys gives {path} a flag, not {other:?}"),
        }
    }

    fn setting(&self, path: &str) -> &Setting {
        self.settings.get(path).expect("a policy is loaded only when it sets every key of the table")
    }
}

fn number(setting: &Setting) -> u64 {
    match setting {
        Setting::Number(number) => *number,
        other => unreachable!("the table of keys gives this one a number, not {other:?}"),
    }
}

fn word(setting: &Setting) -> &'static str {
    match setting {
        Setting::Word(word) => word,
        other => unreachable!("the table of keys gives this one a word, not {other:?}"),
    }
}

impl Minimum {
    /// Whether it is for this request. A publisher that is not known has the empty name, so `*` holds for it too.
    fn matches(&self, request: &Request) -> bool {
        let publisher = request.publisher.as_deref().unwrap_or_default();
        self.template.as_deref().is_none_or(|pattern| glob::matches(pattern, &request.template))
            && self.publisher.as_deref().is_none_or(|pattern| glob::matches(pattern, publisher))
    }
}

impl Profile {
    /// The name, as in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }
}

impl FromStr for Profile {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Legacy, Self::Standard, Self::Strict]
            .into_iter()
            .find(|profile| profile.as_str() == text)
            .ok_or(())
    }
}

impl Class {
    /// The name, as in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

impl Selection {
    /// The name, as in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::EachAlone => "each-alone",
            Self::Pairwise => "pairwise",
        }
    }
}

impl Guest {
    /// The built-in guest's name, or the path as written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::BuiltIn(name) => name,
            Self::File { written, .. } => written,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
