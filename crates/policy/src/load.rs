//! From a name to a policy: the file, those that it extends, and what they say together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use genesis_domain::{Decision, Digest, Measured, Metric, Metrics, Risk};

use crate::attached::{LintRules, Suite};
use crate::date::Date;
use crate::decide::{Rule, decide};
use crate::error::{PolicyError, Problem};
use crate::key::{self, KEYS};
use crate::layer::{At, Layer, PlacedRule, Source, joined, profile_of, risk_of};
use crate::policy::{Check, Exception, Guest, Minimum, Origin, Policy};
use crate::shadow;
use crate::value::{self, Setting};

/// The policies that are part of the program, by name.
pub const EMBEDDED: [(&str, &str); 3] = [
    ("default", include_str!("../../../policies/default.toml")),
    ("strict", include_str!("../../../policies/strict.toml")),
    ("legacy", include_str!("../../../policies/legacy.toml")),
];

/// Most files of one chain of `extends`.
const MOST_LAYERS: usize = 16;

impl Policy {
    /// Loads a policy: one of [`EMBEDDED`] by its name, else the file that `read` gives for `name`. `extends` names a
    /// built-in policy, or a file relative to the one that extends it. A file that extends none must set every key.
    ///
    /// Exceptions past their day are refused when `today` is given. A replay gives the day that was recorded, or none.
    ///
    /// # Errors
    /// [`PolicyError`] holds every problem that was found, each with its place.
    pub fn load(
        name: &str,
        read: &dyn Fn(&str) -> Result<String, String>,
        today: Option<Date>,
    ) -> Result<Self, PolicyError> {
        Self::load_pinned(name, read, today, &|_| None)
    }

    /// The same, where a guest that is given by its path and without a digest has the one that `pin` gives for that
    /// path, as seen from where the policy is loaded. Such a policy is the same as one that says the digest itself.
    ///
    /// # Errors
    /// As [`Policy::load`]; a guest without any digest is a problem.
    pub fn load_pinned(
        name: &str,
        read: &dyn Fn(&str) -> Result<String, String>,
        today: Option<Date>,
        pin: &dyn Fn(&str) -> Option<Digest>,
    ) -> Result<Self, PolicyError> {
        let layers = chain(name, read)?;
        let mut merged = Merged::of(&layers)?;
        merged.pin(pin);
        let mut problems = merged.problems(&layers, today);
        if problems.is_empty() {
            return Ok(merged.policy(&layers));
        }
        problems.sort_by(|a, b| (&a.file, a.line()).cmp(&(&b.file, b.line())));
        Err(PolicyError::new(problems))
    }

    /// Loads a policy from the text under which [`Policy::canonical_text`] recorded it, perhaps before some setting was
    /// there: what the text does not set is as in the embedded default, and is left out of the canonical text again, so
    /// that the policy keeps its digest.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn load_recorded(text: &str) -> Result<Self, PolicyError> {
        let no_files = |path: &str| Err(format!("a recorded policy stands alone, without `{path}`"));
        let file = "policy.toml".to_owned();
        let recorded = Layer::read(Source { file, folder: String::new(), text: text.to_owned() })?;
        if let Some(extends) = &recorded.extends {
            let message = "a recorded policy stands alone, and this one extends another";
            return Err(recorded.source.problem(extends.span.clone(), message).into());
        }
        let recorded = attached(recorded, &no_files)?;
        let source = source("default", &no_files).expect("the default is embedded");
        let default = Layer::read(source)?;
        let unrecorded: BTreeSet<&'static str> =
            KEYS.iter().map(|key| key.path).filter(|path| !recorded.settings.contains_key(*path)).collect();
        let layers = [default.only(&unrecorded), recorded];
        let merged = Merged::of(&layers)?;
        let problems = merged.problems(&layers, None);
        if problems.is_empty() {
            return Ok(Self { unrecorded, ..merged.policy(&layers) });
        }
        Err(PolicyError::new(problems))
    }
}

/// The file and those that it extends, the root first.
fn chain(name: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Result<Vec<Layer>, PolicyError> {
    let mut layers =
        vec![attached(Layer::read(source(name, read).map_err(|why| unreadable(name, &why))?)?, read)?];
    loop {
        let last = layers.last().expect("a chain begins with one layer");
        let Some(extends) = &last.extends else { break };
        let problem = |message: String| last.source.problem(extends.span.clone(), message);
        let wanted = match embedded(&extends.value) {
            Some(_) => extends.value.clone(),
            None => normal(&joined(&last.source.folder, &extends.value)),
        };
        let next = source(&wanted, read).map_err(|why| {
            let mut problem = problem(format!("cannot read the policy that this one extends: {why}"));
            problem.help = built_in_help(&extends.value);
            problem
        })?;
        if let Some(from) = layers.iter().position(|layer| layer.source.file == next.file) {
            let names =
                layers[from..].iter().map(|layer| layer.source.file.as_str()).chain([next.file.as_str()]);
            let names = names.collect::<Vec<_>>().join(" -> ");
            return Err(problem(format!("policies extend each other: {names}")).into());
        }
        if layers.len() == MOST_LAYERS {
            return Err(problem(format!("more than {MOST_LAYERS} policies extend one another")).into());
        }
        layers.push(attached(Layer::read(next)?, read)?);
    }
    layers.reverse();
    Ok(layers)
}

fn attached(mut layer: Layer, read: &dyn Fn(&str) -> Result<String, String>) -> Result<Layer, PolicyError> {
    let problems = layer.attach(read);
    if problems.is_empty() { Ok(layer) } else { Err(PolicyError::new(problems)) }
}

fn source(name: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Result<Source, String> {
    if let Some(text) = embedded(name) {
        let file = format!("{name} (built in)");
        return Ok(Source { file, folder: String::new(), text: text.to_owned() });
    }
    let name = normal(name);
    let folder = name.rfind('/').map_or(String::new(), |slash| name[..=slash].to_owned());
    Ok(Source { text: read(&name)?, folder, file: name })
}

/// A path without `.` and, where a folder stands before it, without `..`: two ways to one file have one name.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !last.is_empty() && *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn embedded(name: &str) -> Option<&'static str> {
    EMBEDDED.iter().find(|(embedded, _)| *embedded == name).map(|(_, text)| *text)
}

fn unreadable(name: &str, why: &str) -> Problem {
    let mut problem = Problem::of_file(name, format!("cannot read the policy: {why}"));
    problem.help = built_in_help(name);
    problem
}

fn built_in_help(name: &str) -> Option<String> {
    let names = EMBEDDED.map(|(name, _)| name);
    value::suggestion(name, names.into_iter())
        .or_else(|| Some(format!("built in are {}; another is named by its path", names.join(", "))))
}

/// Something with the layer that set it.
struct SetBy<T> {
    value: T,
    layer: usize,
    span: Range<usize>,
}

impl<T> SetBy<T> {
    fn new(layer: usize, at: At<T>) -> Self {
        Self { value: at.value, layer, span: at.span }
    }
}

/// What all layers say together.
struct Merged {
    settings: BTreeMap<String, SetBy<Setting>>,
    checks: Vec<SetBy<Check>>,
    rules: Vec<SetBy<Rule>>,
    minimums: Vec<SetBy<Minimum>>,
    exceptions: Vec<SetBy<Exception>>,
    suites: Vec<SetBy<Suite>>,
    lints: Vec<SetBy<LintRules>>,
}

impl Merged {
    fn of(layers: &[Layer]) -> Result<Self, PolicyError> {
        let mut merged = Self {
            settings: BTreeMap::new(),
            checks: Vec::new(),
            rules: Vec::new(),
            minimums: Vec::new(),
            exceptions: Vec::new(),
            suites: Vec::new(),
            lints: Vec::new(),
        };
        let mut problems = Vec::new();
        for (index, layer) in layers.iter().enumerate() {
            for (path, setting) in &layer.settings {
                merged.settings.insert(path.clone(), SetBy::new(index, setting.clone()));
            }
            for check in &layer.checks {
                let check = SetBy::new(index, check.clone());
                match merged.checks.iter_mut().find(|other| other.value.name == check.value.name) {
                    Some(other) => *other = check,
                    None => merged.checks.push(check),
                }
            }
            for suite in &layer.suites {
                let new = SetBy { value: suite.value.settled(), layer: index, span: suite.span.clone() };
                match merged.suites.iter_mut().find(|other| other.value.name == suite.value.name()) {
                    Some(other) => *other = new,
                    None => merged.suites.push(new),
                }
            }
            for lint in &layer.lints {
                let new = SetBy { value: lint.value.settled(), layer: index, span: lint.span.clone() };
                match merged.lints.iter_mut().find(|other| other.value.name == lint.value.name()) {
                    Some(other) => *other = new,
                    None => merged.lints.push(new),
                }
            }
            for rule in &layer.rules {
                if let Err(problem) = merged.place(index, layer, rule) {
                    problems.push(problem);
                }
            }
            merged.minimums.extend(layer.minimums.iter().map(|minimum| SetBy::new(index, minimum.clone())));
            for exception in &layer.exceptions {
                let twice = merged.exceptions.iter().find(|other| other.value.code == exception.value.code);
                if let Some(other) = twice {
                    let message = format!(
                        "code `{}` is waived twice, first in {}",
                        exception.value.code, layers[other.layer].source.file
                    );
                    problems.push(layer.source.problem(exception.span.clone(), message));
                } else {
                    merged.exceptions.push(SetBy::new(index, exception.clone()));
                }
            }
        }
        if problems.is_empty() { Ok(merged) } else { Err(PolicyError::new(problems)) }
    }

    /// Puts a rule in the place of the one with its name, or before the one that it names, or, in a file that extends
    /// none, at the end.
    fn place(&mut self, index: usize, layer: &Layer, placed: &At<PlacedRule>) -> Result<(), Problem> {
        let PlacedRule { rule, before } = &placed.value;
        let known = self.rules.iter().position(|other| other.value.name == rule.name);
        let new = SetBy { value: rule.clone(), layer: index, span: placed.span.clone() };
        match (known, before) {
            (Some(_), Some(before)) => {
                let message =
                    format!("rule `{}` replaces the one of that name and keeps its place", rule.name);
                Err(layer.source.problem(before.span.clone(), message).help("leave out `before`"))
            }
            (Some(known), None) => {
                self.rules[known] = new;
                Ok(())
            }
            (None, Some(before)) => {
                let Some(at) = self.rules.iter().position(|other| other.value.name == before.value) else {
                    let names: Vec<&str> = self.rules.iter().map(|other| other.value.name.as_str()).collect();
                    let message = format!("no rule `{}` stands before this one", before.value);
                    let problem = layer.source.problem(before.span.clone(), message);
                    return Err(problem.help(
                        value::suggestion(&before.value, names.iter().copied())
                            .unwrap_or_else(|| format!("the rules are {}", names.join(", "))),
                    ));
                };
                self.rules.insert(at, new);
                Ok(())
            }
            (None, None) if layer.extends.is_some() => {
                let message = format!("rule `{}` is new here and does not say where it stands", rule.name);
                let problem = layer.source.problem(placed.span.clone(), message);
                Err(problem.help("add before = \"<rule>\", or give it the name of the rule that it replaces"))
            }
            (None, None) => {
                self.rules.push(new);
                Ok(())
            }
        }
    }

    fn pin(&mut self, pin: &dyn Fn(&str) -> Option<Digest>) {
        for check in &mut self.checks {
            if let (Guest::File { path, .. }, None) = (&check.value.guest, &check.value.digest) {
                check.value.digest = pin(path);
            }
        }
    }

    fn problems(&self, layers: &[Layer], today: Option<Date>) -> Vec<Problem> {
        let root = &layers[0].source;
        let missing: Vec<&str> =
            KEYS.iter().map(|key| key.path).filter(|path| !self.settings.contains_key(*path)).collect();
        if !missing.is_empty() {
            let message = format!("this policy extends none and does not set {}", missing.join(", "));
            return vec![
                Problem::of_file(&root.file, message).help("add extends = \"default\" and set what differs"),
            ];
        }
        let mut problems = Vec::new();
        self.check_settings(layers, &mut problems);
        self.check_rules(layers, &mut problems);
        if self.checks.is_empty() {
            problems.push(Problem::of_file(&root.file, "this policy has no check, so it can judge nothing"));
        }
        for check in &self.checks {
            if let (Guest::File { written, .. }, None) = (&check.value.guest, &check.value.digest) {
                let message = format!("the guest `{written}` is given by its path and needs its digest");
                let problem = layers[check.layer].source.problem(check.span.clone(), message);
                problems.push(problem.help(
                    "pin it in genesis.lock with `genesis guest lock`, or add digest = \"sha256:...\", so that it is \
                     known which code judged",
                ));
            }
        }
        for minimum in &self.minimums {
            if minimum.value.risk.is_some_and(|risk| risk > self.risk("max.risk")) {
                let message = "this minimum is above `max.risk`, so nothing could be asked for";
                problems.push(layers[minimum.layer].source.problem(minimum.span.clone(), message));
            }
        }
        for exception in &self.exceptions {
            let Exception { code, expires, .. } = &exception.value;
            if today.is_some_and(|today| today > *expires) {
                let message = format!("the exception for `{code}` ended with {expires}");
                let problem = layers[exception.layer].source.problem(exception.span.clone(), message);
                problems.push(problem.help("mend what it waives, or give it a new day and reason"));
            }
        }
        problems
    }

    fn check_settings(&self, layers: &[Layer], problems: &mut Vec<Problem>) {
        let mut wrong = |path: &str, message: String| {
            let setting = &self.settings[path];
            problems.push(layers[setting.layer].source.problem(setting.span.clone(), message));
        };
        // Of two settings that do not go together, the one that was set last is shown.
        let last = |a: &'static str, b: &'static str| {
            if self.settings[b].layer > self.settings[a].layer { b } else { a }
        };
        if profile_of(self.word("profile.validator")) < profile_of(self.word("profile.minimum")) {
            let path = last("profile.validator", "profile.minimum");
            wrong(path, "`profile.validator` is laxer than `profile.minimum`".to_owned());
        }
        for (low, high) in
            [("plan.minimum_risk", "plan.risk"), ("plan.risk", "max.risk"), ("plan.minimum_risk", "max.risk")]
        {
            if self.risk(low) > self.risk(high) {
                wrong(last(low, high), format!("`{low}` is above `{high}`"));
            }
        }
        for (lower, higher) in [("low", "medium"), ("medium", "high")] {
            for name in ["selection", "cases", "questions", "choices", "answer_bytes", "repeat"] {
                let [low, high] = [lower, higher].map(|level| format!("plan.{level}.{name}"));
                if self.rank(&high) < self.rank(&low) {
                    let path =
                        if self.settings[&low].layer > self.settings[&high].layer { &low } else { &high };
                    wrong(
                        path,
                        format!("`{high}` is weaker than `{low}`, so asking for more risk would loosen"),
                    );
                }
            }
        }
        if self.flag("isolation.required") && self.word("isolation.mode") != "worker" {
            let path = last("isolation.mode", "isolation.required");
            wrong(
                path,
                "`isolation.required` is about workers, and `isolation.mode` asks for none".to_owned(),
            );
        }
        if !matches!(self.settings["shadow.factor"].value, Setting::Ratio(factor)
            if factor == 0.0 || (factor > 1.0 && factor <= shadow::MOST_FACTOR))
        {
            let message = format!(
                "`shadow.factor` is 0 for no shadow runs, or above 1 and at most {}",
                shadow::MOST_FACTOR
            );
            wrong("shadow.factor", message);
        }
        for (path, setting) in &self.settings {
            let is_memory = path.starts_with("limits.") && path.ends_with(".memory_bytes");
            if is_memory && matches!(setting.value, Setting::Number(bytes) if bytes < key::LEAST_MEMORY_BYTES)
            {
                wrong(path, format!("`{path}` is below 64 KiB, one page of memory, so no guest can start"));
            }
        }
    }

    fn check_rules(&self, layers: &[Layer], problems: &mut Vec<Problem>) {
        let wrong = |at: usize, message: String| {
            layers[self.rules[at].layer].source.problem(self.rules[at].span.clone(), message)
        };
        let Some(last) = self.rules.len().checked_sub(1) else {
            let message = "this policy has no rule, so it can decide nothing";
            problems.push(Problem::of_file(&layers[0].source.file, message));
            return;
        };
        let always = self.rules.iter().position(|rule| rule.value.when.is_empty());
        if let Some(always) = always.filter(|always| *always < last) {
            let name = &self.rules[always].value.name;
            problems
                .push(wrong(always + 1, format!("never reached: rule `{name}` before it always matches")));
        }
        let rules: Vec<Rule> = self.rules.iter().map(|rule| rule.value.clone()).collect();
        for (what, metrics, allowed) in forbidden() {
            let verdict = decide(&rules, &metrics);
            if !allowed.contains(&verdict.decision) {
                let at = rules.iter().position(|rule| rule.name == verdict.reasons[0].rule).unwrap_or(last);
                let message = format!("this rule would give `{}` where {what}", verdict.decision);
                problems.push(wrong(at, message).help(
                    "what was not measured may not merge, and the host's failures are not the candidate's",
                ));
            }
        }
    }

    fn rank(&self, path: &str) -> u64 {
        match &self.settings[path].value {
            Setting::Number(number) => *number,
            Setting::Flag(flag) => u64::from(*flag),
            Setting::Word(word) => key::SELECTIONS.iter().take_while(|known| *known != word).count() as u64,
            Setting::Ratio(_) => unreachable!("no plan has a ratio"),
        }
    }

    fn word(&self, path: &str) -> &'static str {
        match self.settings[path].value {
            Setting::Word(word) => word,
            ref other => unreachable!("the table of keys gives {path} a word, not {other:?}"),
        }
    }

    fn flag(&self, path: &str) -> bool {
        match self.settings[path].value {
            Setting::Flag(flag) => flag,
            ref other => unreachable!("the table of keys gives {path} true or false, not {other:?}"),
        }
    }

    fn risk(&self, path: &str) -> Risk {
        risk_of(self.word(path))
    }

    fn policy(self, layers: &[Layer]) -> Policy {
        let leaf = layers.last().expect("a chain begins with one layer");
        let origin = |layer: usize, span: &Range<usize>| {
            let Layer { source, name, .. } = &layers[layer];
            Origin { policy: name.clone(), file: source.file.clone(), line: source.line(span.start) }
        };
        let mut origins = BTreeMap::new();
        for (path, setting) in &self.settings {
            origins.insert(path.clone(), origin(setting.layer, &setting.span));
        }
        for check in &self.checks {
            origins.insert(format!("check.{}", check.value.name), origin(check.layer, &check.span));
        }
        for rule in &self.rules {
            origins.insert(format!("rule.{}", rule.value.name), origin(rule.layer, &rule.span));
        }
        for (index, minimum) in self.minimums.iter().enumerate() {
            origins.insert(format!("minimum.{index}"), origin(minimum.layer, &minimum.span));
        }
        for exception in &self.exceptions {
            origins.insert(
                format!("exception.{}", exception.value.code),
                origin(exception.layer, &exception.span),
            );
        }
        for suite in &self.suites {
            origins.insert(format!("suite.{}", suite.value.name), origin(suite.layer, &suite.span));
        }
        for lint in &self.lints {
            origins.insert(format!("lint.{}", lint.value.name), origin(lint.layer, &lint.span));
        }
        let mut exceptions: Vec<Exception> = self.exceptions.into_iter().map(|from| from.value).collect();
        exceptions.sort_by(|a, b| a.code.cmp(&b.code));
        Policy {
            name: leaf.name.clone(),
            description: leaf.description.clone(),
            settings: self.settings.into_iter().map(|(path, from)| (path, from.value)).collect(),
            checks: self.checks.into_iter().map(|from| from.value).collect(),
            rules: self.rules.into_iter().map(|from| from.value).collect(),
            minimums: self.minimums.into_iter().map(|from| from.value).collect(),
            exceptions,
            suites: self.suites.into_iter().map(|from| from.value).collect(),
            lints: self.lints.into_iter().map(|from| from.value).collect(),
            origins,
            unrecorded: BTreeSet::new(),
        }
    }
}

/// Evidence on which no policy may decide otherwise: what it is, the metrics, the decisions that are allowed.
fn forbidden() -> [(&'static str, Metrics, &'static [Decision]); 3] {
    use Metric::{
        Cases, Changed, ChecksRun, DistinctOutputs, FindingsAdded, FindingsRemoved, FuelGrowth, HostFailures,
        IncompleteCandidateOnly, IncompleteUnattributed, InheritedErrors, MissingSamples, NewErrors,
        NewWarnings, Regression, SuccessRate,
    };
    const NO_MERGE: &[Decision] = &[Decision::Rollback, Decision::Inconclusive];
    let all = |overrides: &[(Metric, f64)]| {
        let mut metrics = Metrics::default();
        let clean = [
            HostFailures,
            IncompleteUnattributed,
            IncompleteCandidateOnly,
            NewErrors,
            InheritedErrors,
            NewWarnings,
            Regression,
            FuelGrowth,
            FindingsAdded,
            FindingsRemoved,
            MissingSamples,
        ];
        let ones = [Changed, ChecksRun, Cases, DistinctOutputs, SuccessRate];
        let values = clean.map(|metric| (metric, 0.0)).into_iter().chain(ones.map(|metric| (metric, 1.0)));
        for (metric, value) in values.chain(overrides.iter().copied()) {
            metrics.record(metric, Measured::Value { value, samples: 1 });
        }
        metrics
    };
    [
        ("nothing was measured", Metrics::default(), NO_MERGE),
        ("no check ran", all(&[(ChecksRun, 0.0)]), NO_MERGE),
        ("the host failed", all(&[(HostFailures, 1.0)]), &[Decision::Inconclusive]),
    ]
}
