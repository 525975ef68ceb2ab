//! Cases: which sets of answers a template is rendered with.
//!
//! A case is planned by choosing a value for every variable and then asking the questions in order: one whose `when`
//! does not hold is skipped and absent, which later conditions see. A case that varies a skipped question switches on
//! what it needs.

use std::collections::BTreeSet;

use genesis_abi::{Finding, Place, TemplateText};
use serde_json::{Map, Value};

use crate::Profile;
use crate::codes::rendering as codes;
use crate::pairwise::{self, Random, Rules, Setting};
use crate::variables::{self, Variable};

mod ask;

use ask::Plan;

/// How the cases are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// The defaults only.
    Defaults,
    /// The defaults, and every other value of every variable alone.
    EachAlone,
    /// The defaults, the recorded answers, and a pairwise covering array.
    Pairwise,
}

/// What may be planned.
#[derive(Debug, Clone, Copy)]
pub struct CaseOptions<'a> {
    /// How the cases are chosen.
    pub selection: Selection,
    /// Most cases.
    pub most_cases: usize,
    /// Most variables that are varied.
    pub most_questions: usize,
    /// Most values of one variable that are tried.
    pub most_choices: usize,
    /// Most bytes of one case's answers, as JSON.
    pub most_answer_bytes: usize,
    /// What a sample is drawn from.
    pub seed: u64,
    /// Sets of answers that were given before.
    pub recorded: &'a [Map<String, Value>],
}

/// One set of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// `defaults`, `name=value`, `pairs 3`, `recorded 1`.
    pub name: String,
    /// The answers; a skipped question and an optional variable without a value are absent.
    pub answers: Map<String, Value>,
}

/// The cases of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePlan {
    /// The cases, `defaults` first. Empty when the template cannot be read or its defaults exceed the limit.
    pub cases: Vec<Case>,
    /// How many combinations of values there are, conditions aside; saturates.
    pub possible: u64,
    /// How the cases were chosen, in words, with every sample and cap.
    pub selection: String,
    /// Whether a cap left something out.
    pub sampled: bool,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

/// Plans the cases of a candidate. The baseline is only looked at for what is said about it; its answers come from
/// [`answers_for_baseline`].
pub fn plan_cases(
    candidate: &TemplateText,
    baseline: Option<&TemplateText>,
    options: &CaseOptions<'_>,
) -> CasePlan {
    let variables = match variables::read(candidate) {
        Ok(variables) => variables,
        Err(finding) => {
            let selection = "none: the template cannot be read".to_owned();
            return CasePlan {
                cases: Vec::new(),
                possible: 0,
                selection,
                sampled: false,
                findings: vec![*finding],
            };
        }
    };
    let mut chooser = Chooser::new(variables, options);
    chooser.choose();
    chooser.mention_baseline(baseline);
    chooser.finish()
}

/// A case's answers as the baseline takes them: its own questions, with the case's answer where it has one that the
/// baseline's choices hold, else with the baseline's own default. What the baseline skips is absent.
pub fn answers_for_baseline(
    case: &Map<String, Value>,
    candidate: &TemplateText,
    baseline: &TemplateText,
) -> Map<String, Value> {
    let known: BTreeSet<String> =
        variables::variables_of(candidate).into_iter().map(|known| known.name).collect();
    let fitting: Map<String, Value> = case
        .iter()
        .filter(|(name, _)| known.contains(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let plan = Plan::new(variables::variables_of(baseline), usize::MAX, 0);
    plan.ask(&fitting)
}

struct Chooser<'o> {
    plan: Plan,
    options: &'o CaseOptions<'o>,
    /// The variables that are varied, by index.
    varied: Vec<usize>,
    cases: Vec<Case>,
    seen: BTreeSet<String>,
    words: Vec<String>,
    sampled: bool,
    findings: Vec<Finding>,
    refused: usize,
    unreachable: usize,
    too_large: usize,
}

impl<'o> Chooser<'o> {
    fn new(variables: Vec<Variable>, options: &'o CaseOptions<'o>) -> Self {
        let findings = variables::sample_findings(&variables, Profile::Standard);
        let plan = Plan::new(variables, options.most_choices.max(1), options.seed);
        Self {
            plan,
            options,
            varied: Vec::new(),
            cases: Vec::new(),
            seen: BTreeSet::new(),
            words: Vec::new(),
            sampled: false,
            findings,
            refused: 0,
            unreachable: 0,
            too_large: 0,
        }
    }

    fn choose(&mut self) {
        let defaults = self.plan.settle(&self.plan.default_row(), ask::Validators::Ignored);
        let Some((answers, _)) = defaults else { return };
        if !self.fits(&answers) {
            let message = "the default answers exceed the limit".to_owned();
            self.findings.push(codes::ANSWERS_TOO_LARGE.finding(
                Profile::Standard,
                message,
                Place::default(),
            ));
            self.words.push("none: the default answers exceed the limit".to_owned());
            self.sampled = true;
            return;
        }
        self.push("defaults".to_owned(), answers);
        self.words.push("the defaults".to_owned());
        self.choose_varied();
        match self.options.selection {
            Selection::Defaults => {}
            Selection::EachAlone => self.each_alone(),
            Selection::Pairwise => {
                self.recorded();
                self.pairs();
            }
        }
    }

    /// The variables that have more than one value, at most as many as may be varied; with each what it needs.
    fn choose_varied(&mut self) {
        let all: Vec<usize> = (0..self.plan.count()).filter(|index| self.plan.size(*index) > 1).collect();
        let most = self.options.most_questions;
        if self.options.selection == Selection::Defaults {
            return;
        }
        if all.len() <= most {
            self.varied = all;
        } else {
            self.sampled = true;
            let picked = sample(all.len(), most, self.options.seed);
            self.words.push(format!(
                "{} of {} variables are varied (seed {})",
                picked.len(),
                all.len(),
                self.options.seed
            ));
            let mut varied: BTreeSet<usize> = picked.into_iter().map(|position| all[position]).collect();
            let needed: Vec<usize> = varied
                .iter()
                .flat_map(|index| self.plan.needs(*index).unwrap_or_default())
                .map(|(index, _)| *index)
                .collect();
            varied.extend(needed);
            self.varied = varied.into_iter().collect();
        }
        if self.plan.choices_left_out > 0 {
            self.sampled = true;
            self.words.push(format!(
                "{} values beyond the limit of choices are left out",
                self.plan.choices_left_out
            ));
        }
    }

    fn each_alone(&mut self) {
        let mut ends: Vec<usize> = Vec::with_capacity(self.varied.len());
        let mut total = 0_usize;
        for index in &self.varied {
            total += self.plan.size(*index) - 1;
            ends.push(total);
        }
        let room = self.options.most_cases.saturating_sub(self.cases.len());
        let picked = if total > room {
            self.sampled = true;
            self.words.push(format!(
                "a sample of {room} of {total} values, each varied alone (seed {})",
                self.options.seed
            ));
            sample(total, room, self.options.seed)
        } else {
            self.words.push(format!("each of {total} other values alone"));
            (0..total).collect()
        };
        for position in picked {
            let which = ends.partition_point(|end| *end <= position);
            let begin = if which == 0 { 0 } else { ends[which - 1] };
            let (index, value) = (self.varied[which], position - begin + 1);
            self.single(index, value);
        }
    }

    fn single(&mut self, index: usize, value: usize) {
        let Some(needs) = self.plan.needs(index).map(<[Setting]>::to_vec) else {
            self.unreachable += 1;
            return;
        };
        let mut row = self.plan.default_row();
        for (other, setting) in needs {
            row[other] = setting;
        }
        row[index] = value;
        match self.plan.settle(&row, ask::Validators::Asked) {
            Some((answers, settled)) if settled[index] == Some(value) => {
                self.push(self.plan.setting_name(index, value), answers);
            }
            Some(_) => self.unreachable += 1,
            None => self.refused += 1,
        }
    }

    fn recorded(&mut self) {
        let room = self.options.most_cases.saturating_sub(self.cases.len());
        let recorded = self.options.recorded;
        if recorded.is_empty() {
            return;
        }
        if recorded.len() > room {
            self.sampled = true;
        }
        let before = self.cases.len();
        for (number, answers) in recorded.iter().take(room).enumerate() {
            let answers = self.plan.ask(answers);
            self.push(format!("recorded {}", number + 1), answers);
        }
        self.words.push(format!(
            "{} of {} recorded sets of answers",
            self.cases.len() - before,
            recorded.len()
        ));
    }

    fn pairs(&mut self) {
        let room = self.options.most_cases.saturating_sub(self.cases.len());
        if self.varied.len() < 2 {
            self.each_alone();
            return;
        }
        let sizes: Vec<usize> = self.varied.iter().map(|index| self.plan.size(*index)).collect();
        let mut rules = Asking { plan: &self.plan, varied: &self.varied, refused: 0 };
        let cover = pairwise::cover(&sizes, room, self.options.seed, &mut rules);
        self.refused += rules.refused;
        for (number, row) in cover.rows.iter().enumerate() {
            let row = full_row(&self.plan, &self.varied, row);
            if let Some((answers, _)) = self.plan.settle(&row, ask::Validators::Asked) {
                self.push(format!("pairs {}", number + 1), answers);
            }
        }
        if let Some(pairs) = cover.pairs {
            self.sampled |= cover.covered < pairs;
            self.words.push(format!("{} of {pairs} pairs of values covered", cover.covered));
        } else {
            self.sampled = true;
            let rows = cover.rows.len();
            self.words.push(format!(
                "{rows} sets of values drawn at random, because there are too many pairs to cover (seed {})",
                self.options.seed
            ));
        }
    }

    fn mention_baseline(&mut self, baseline: Option<&TemplateText>) {
        let Some(baseline) = baseline else { return };
        let gone = variables::variables_of(baseline)
            .iter()
            .filter(|variable| !self.plan.has(&variable.name))
            .count();
        if gone > 0 {
            self.words.push(format!(
                "the baseline keeps its own defaults for {gone} variables that the candidate lacks"
            ));
        }
    }

    fn finish(mut self) -> CasePlan {
        for (count, what) in [
            (self.refused, "refused by a validator"),
            (self.unreachable, "of questions that cannot be reached"),
            (self.too_large, "larger than the limit"),
        ] {
            if count > 0 {
                self.words.push(format!("{count} cases {what} are left out"));
            }
        }
        CasePlan {
            possible: self.plan.possible(),
            cases: self.cases,
            selection: self.words.join("; "),
            sampled: self.sampled,
            findings: self.findings,
        }
    }

    fn fits(&self, answers: &Map<String, Value>) -> bool {
        serde_json::to_string(answers).is_ok_and(|text| text.len() <= self.options.most_answer_bytes)
    }

    fn push(&mut self, name: String, answers: Map<String, Value>) {
        let text = serde_json::to_string(&answers).unwrap_or_default();
        if text.len() > self.options.most_answer_bytes {
            self.too_large += 1;
            self.sampled = true;
        } else if self.seen.insert(text) {
            self.cases.push(Case { name, answers });
        }
    }
}

/// The rules of a plan, for the variables that are varied.
struct Asking<'a> {
    plan: &'a Plan,
    varied: &'a [usize],
    refused: usize,
}

impl Rules for Asking<'_> {
    fn needs(&self, settings: [Setting; 2]) -> Option<Vec<Setting>> {
        let mut needed: Vec<Setting> = Vec::new();
        for (position, value) in settings {
            let index = self.varied[position];
            for setting in self.plan.needs(index)?.iter().chain([&(index, value)]) {
                match needed.iter().find(|(other, _)| *other == setting.0) {
                    Some(known) if known == setting => {}
                    Some(_) => return None,
                    None => needed.push(*setting),
                }
            }
        }
        // What a varied question needs has more than one value or is a default, which every row has anyway.
        let positions = needed
            .into_iter()
            .filter_map(|(index, value)| Some((self.varied.binary_search(&index).ok()?, value)));
        Some(positions.collect())
    }

    fn settle(&mut self, row: &[usize]) -> Option<Vec<Option<usize>>> {
        let row = full_row(self.plan, self.varied, row);
        let Some((_, settled)) = self.plan.settle(&row, ask::Validators::Asked) else {
            self.refused += 1;
            return None;
        };
        Some(self.varied.iter().map(|index| settled[*index]).collect())
    }
}

fn full_row(plan: &Plan, varied: &[usize], row: &[usize]) -> Vec<usize> {
    let mut full = plan.default_row();
    for (index, value) in varied.iter().zip(row) {
        full[*index] = *value;
    }
    full
}

/// `count` different numbers below `end`, ascending; drawn by Floyd's method, which takes time by `count` alone.
pub(crate) fn sample(end: usize, count: usize, seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed);
    let mut picked = BTreeSet::new();
    for last in end.saturating_sub(count)..end {
        let drawn = random.below(last + 1);
        if !picked.insert(drawn) {
            picked.insert(last);
        }
    }
    picked.into_iter().collect()
}

#[cfg(test)]
mod tests;
