//! Asking the questions: values, conditions, validators, and what must be answered how for a question to be asked.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::codes::quoted;
use crate::condition::Condition;
use crate::pairwise::Setting;
use crate::scan::{self, TagKind};
use crate::variables::{Given, ValueKind, Variable};

/// Most settings that one question may need; a longer chain of conditions is not followed.
const MOST_NEEDS: usize = 64;
/// Most combinations that are tried to make one condition hold.
const MOST_TRIES: usize = 256;

/// Whether validators may refuse a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validators {
    Asked,
    Ignored,
}

/// The answers, and of each variable its value by index, or that it is absent.
pub(super) type Settled = (Map<String, Value>, Vec<Option<usize>>);

/// The variables of a template with all their values.
pub(super) struct Plan {
    asked: Vec<Asked>,
    by_name: BTreeMap<String, usize>,
    needs: Vec<Option<Vec<Setting>>>,
    /// How many values the limit of choices left out.
    pub(super) choices_left_out: usize,
}

struct Asked {
    name: String,
    kind: ValueKind,
    choices: Vec<Value>,
    /// The value when nobody answers comes first; `None` is an optional variable without a value.
    values: Vec<Option<Value>>,
    when: When,
    validator: Option<Condition>,
}

enum When {
    Always,
    Never,
    /// `{{name}}`
    Named(String),
    Text(Box<Condition>),
}

impl Plan {
    pub(super) fn new(variables: Vec<Variable>, most_choices: usize, seed: u64) -> Self {
        let mut plan = Self {
            asked: Vec::with_capacity(variables.len()),
            by_name: BTreeMap::new(),
            needs: Vec::new(),
            choices_left_out: 0,
        };
        for variable in variables {
            plan.by_name.insert(variable.name.clone(), plan.asked.len());
            let mut values = values(&variable);
            if values.len() > most_choices {
                plan.choices_left_out += values.len() - most_choices;
                let kept = super::sample(values.len() - 1, most_choices - 1, seed);
                values = std::iter::once(0)
                    .chain(kept.into_iter().map(|position| position + 1))
                    .map(|position| values[position].clone())
                    .collect();
            }
            let when = variable.when.as_deref().map_or(When::Always, When::new);
            let validator = variable.validator.as_deref().and_then(|text| Condition::new(text).ok());
            plan.asked.push(Asked {
                name: variable.name,
                kind: variable.kind,
                choices: variable.choices,
                values,
                when,
                validator,
            });
        }
        plan.find_needs();
        plan.drop_validators_that_refuse_defaults();
        plan
    }

    pub(super) fn count(&self) -> usize {
        self.asked.len()
    }

    /// How many values a variable has.
    pub(super) fn size(&self, index: usize) -> usize {
        self.asked[index].values.len()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    pub(super) fn possible(&self) -> u64 {
        self.asked
            .iter()
            .map(|asked| u64::try_from(asked.values.len()).unwrap_or(u64::MAX))
            .fold(1, u64::saturating_mul)
    }

    /// The first value of everything.
    pub(super) fn default_row(&self) -> Vec<usize> {
        vec![0; self.asked.len()]
    }

    /// What must be answered how for a question to be asked; `None` when nothing makes it so.
    pub(super) fn needs(&self, index: usize) -> Option<&[Setting]> {
        self.needs[index].as_deref()
    }

    /// `name=value`, short and on one line.
    pub(super) fn setting_name(&self, index: usize, value: usize) -> String {
        let asked = &self.asked[index];
        let value = match &asked.values[value] {
            None => "(absent)".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let quoted = quoted(&format!("{}={value}", asked.name));
        quoted.trim_matches('`').to_owned()
    }

    /// Asks every question with the values of a row: the answers, and for each variable its value or that it is
    /// absent. `None` when a validator refuses an answer.
    pub(super) fn settle(&self, row: &[usize], validators: Validators) -> Option<Settled> {
        let mut answers = Map::new();
        let mut settled = Vec::with_capacity(row.len());
        for (asked, value) in self.asked.iter().zip(row) {
            if !asked.when.holds(&answers) {
                settled.push(None);
                continue;
            }
            settled.push(Some(*value));
            let Some(answer) = asked.values.get(*value).cloned().flatten() else { continue };
            answers.insert(asked.name.clone(), answer);
            if validators == Validators::Asked && !asked.accepts(&answers) {
                return None;
            }
        }
        Some((answers, settled))
    }

    /// Asks every question with given answers; one that is not given, or that no choice holds, has its default.
    pub(super) fn ask(&self, given: &Map<String, Value>) -> Map<String, Value> {
        let mut answers = Map::new();
        for asked in &self.asked {
            if !asked.when.holds(&answers) {
                continue;
            }
            let fitting = given.get(&asked.name).filter(|value| asked.admits(value)).cloned();
            if let Some(answer) = fitting.or_else(|| asked.values.first().cloned().flatten()) {
                answers.insert(asked.name.clone(), answer);
            }
        }
        answers
    }

    /// Goes through the questions in order, so that what an earlier one needs is known already.
    fn find_needs(&mut self) {
        for index in 0..self.asked.len() {
            let found = match &self.asked[index].when {
                When::Always => Some(Vec::new()),
                When::Never => None,
                When::Named(name) => self.earlier(name, index).and_then(|other| {
                    let value = self.asked[other]
                        .values
                        .iter()
                        .position(|value| value.as_ref().is_some_and(is_yes))?;
                    let mut needed = self.needs[other].clone()?;
                    needed.push((other, value));
                    Some(needed)
                }),
                When::Text(condition) => self.needs_of_text(condition, index),
            };
            self.needs.push(found.filter(|needed| needed.len() <= MOST_NEEDS));
        }
    }

    fn needs_of_text(&self, condition: &Condition, index: usize) -> Option<Vec<Setting>> {
        let others: Vec<usize> =
            condition.names.iter().filter_map(|name| self.earlier(name, index)).collect();
        // One that is not asked by default may also stay absent; that is tried first, as its option 0.
        let may_be_absent = |other: usize| self.needs[other].as_ref().is_none_or(|needed| !needed.is_empty());
        let mut choice = vec![0_usize; others.len()];
        for _ in 0..MOST_TRIES {
            let mut answers = Map::new();
            let mut needed: Option<Vec<Setting>> = Some(Vec::new());
            for (other, option) in others.iter().zip(&choice) {
                let value = match (may_be_absent(*other), option) {
                    (true, 0) => continue,
                    (true, option) => option - 1,
                    (false, option) => *option,
                };
                if let Some(answer) = &self.asked[*other].values[value] {
                    answers.insert(self.asked[*other].name.clone(), answer.clone());
                }
                needed =
                    needed.and_then(|needed| join(needed, self.needs[*other].as_ref()?, (*other, value)));
            }
            if let Some(needed) = needed
                && condition.evaluate(&answers).is_ok_and(|text| is_yes(&Value::String(text)))
            {
                return Some(needed);
            }
            let next = others.iter().zip(&mut choice).find_map(|(other, option)| {
                *option += 1;
                if *option < self.asked[*other].values.len() + usize::from(may_be_absent(*other)) {
                    return Some(());
                }
                *option = 0;
                None
            });
            next?;
        }
        None
    }

    fn earlier(&self, name: &str, index: usize) -> Option<usize> {
        self.by_name.get(name).copied().filter(|other| *other < index)
    }

    /// A validator that refuses the defaults would leave no case at all; validation warns of it.
    fn drop_validators_that_refuse_defaults(&mut self) {
        let refusing: Vec<usize> = (0..self.asked.len())
            .filter(|index| self.asked[*index].validator.is_some())
            .filter(|index| {
                let mut row = self.default_row();
                for (other, value) in self.needs[*index].iter().flatten() {
                    row[*other] = *value;
                }
                let settled = self.settle(&row, Validators::Ignored);
                settled.is_none_or(|(answers, _)| !self.asked[*index].accepts(&answers))
            })
            .collect();
        for index in refusing {
            self.asked[index].validator = None;
        }
    }
}

impl Asked {
    /// Whether the validator's text is empty or `true`; one that cannot be evaluated refuses.
    fn accepts(&self, answers: &Map<String, Value>) -> bool {
        self.validator.as_ref().is_none_or(|validator| {
            validator.evaluate(answers).is_ok_and(|text| matches!(text.trim(), "" | "true"))
        })
    }

    fn admits(&self, value: &Value) -> bool {
        match self.kind {
            ValueKind::Boolean => value.is_boolean(),
            ValueKind::Number => value.is_number(),
            ValueKind::List => value.is_array(),
            ValueKind::Map => value.is_object(),
            ValueKind::Choice => self.choices.is_empty() || self.choices.contains(value),
            ValueKind::Choices => value.as_array().is_some_and(|entries| {
                entries.iter().all(|entry| self.choices.is_empty() || self.choices.contains(entry))
            }),
            ValueKind::Text => value.is_string() || value.is_number(),
        }
    }
}

impl When {
    fn new(text: &str) -> Self {
        let trimmed = text.trim();
        if !scan::has_tags(trimmed) {
            return if trimmed.is_empty() || is_yes(&Value::String(trimmed.to_owned())) {
                Self::Always
            } else {
                Self::Never
            };
        }
        if let Ok(tags) = scan::scan(trimmed)
            && let [tag] = tags.as_slice()
            && (tag.kind, tag.start, tag.end) == (TagKind::Print, 0, trimmed.len())
            && let Some(call) =
                tag.call.as_ref().filter(|call| call.params.is_empty() && call.hash.is_empty())
            && let scan::Value::Path(path) = &call.name.value
            && let ([name], 0, false, false) = (path.names.as_slice(), path.up, path.root, path.local)
        {
            return Self::Named(name.clone());
        }
        // One that cannot be read is an error of validation; its question is asked, so that its answer is tried.
        Condition::new(trimmed).map_or(Self::Always, |condition| Self::Text(Box::new(condition)))
    }

    fn holds(&self, answers: &Map<String, Value>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Named(name) => answers.get(name).is_some_and(is_yes),
            Self::Text(condition) => {
                condition.evaluate(answers).is_ok_and(|text| is_yes(&Value::String(text)))
            }
        }
    }
}

/// `true`, `yes`, `1` and `y`, whatever their case, are yes; everything else is no.
fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.to_string() == "1",
        Value::String(text) => {
            ["true", "yes", "1", "y"].iter().any(|yes| text.trim().eq_ignore_ascii_case(yes))
        }
        _ => false,
    }
}

fn join(mut needed: Vec<Setting>, more: &[Setting], last: Setting) -> Option<Vec<Setting>> {
    for setting in more.iter().chain([&last]) {
        match needed.iter().find(|(other, _)| *other == setting.0) {
            Some(known) if known == setting => {}
            Some(_) => return None,
            None => needed.push(*setting),
        }
    }
    Some(needed)
}

/// The values to try, the one without an answer first: both booleans; every choice; none, each and all of several
/// choices; for a number its bounds, or else 0 and 1; an optional variable with and without a value.
fn values(variable: &Variable) -> Vec<Option<Value>> {
    let (first, given) = variable.value();
    let mut values = vec![first];
    if given == Given::Absent {
        values.push(Some(variable.sample()));
    }
    let mut more = Vec::new();
    match variable.kind {
        ValueKind::Boolean => more.extend([true.into(), false.into()]),
        ValueKind::Choice => more = distinct(&variable.choices),
        ValueKind::Choices => {
            let choices = distinct(&variable.choices);
            more.push(Value::Array(Vec::new()));
            more.extend(choices.iter().map(|choice| Value::Array(vec![choice.clone()])));
            more.push(Value::Array(choices));
        }
        ValueKind::Number => {
            let declared = [variable.bounds.0, variable.bounds.1];
            if declared == [None, None] {
                more.extend([0.into(), 1.into()]);
            }
            more.extend(declared.into_iter().flatten().map(whole));
        }
        ValueKind::List | ValueKind::Map | ValueKind::Text => {}
    }
    let already = values.clone();
    values.extend(distinct(&more).into_iter().map(Some).filter(|value| !already.contains(value)));
    values
}

fn distinct(choices: &[Value]) -> Vec<Value> {
    let mut seen = std::collections::BTreeSet::new();
    choices.iter().filter(|choice| seen.insert(choice.to_string())).cloned().collect()
}

/// A bound as it is written: `5`, not `5.0`.
#[expect(clippy::cast_possible_truncation, reason = "the fraction is zero and the size is checked")]
fn whole(bound: f64) -> Value {
    if bound.fract() == 0.0 && bound.abs() < 9e15 { Value::from(bound as i64) } else { Value::from(bound) }
}
