//! Conditions and validators of questions: short texts that are evaluated for many answers.
//!
//! Nearly all of them are of a few simple forms, which are evaluated here; the engine's parser alone would take a hundred
//! times as long. Any other text is given to the engine, and a test holds what comes of the simple ones against it.

use std::collections::BTreeSet;

use genesis_abi::TemplateText;
use handlebars::{Context, JsonRender as _, JsonTruthy as _, Template};
use serde_json::{Map, Value};

use crate::analysis::{self, MOST_STEPS};
use crate::engine::{self, Comparison, Failure};
use crate::render::largest;
use crate::scan;

mod plain;

/// Most bytes of an evaluated condition.
const MOST_BYTES: usize = 64 * 1024;

/// Evaluates the text of a `when` or a `validator`: Handlebars without escaping, where an absent answer prints nothing.
/// Partials are not available.
///
/// # Errors
/// Says why the text cannot be evaluated, without a place.
pub fn evaluate_text(template: &str, answers: &Map<String, Value>) -> Result<String, String> {
    if !scan::has_tags(template) && !template.contains('\\') {
        return Ok(template.to_owned());
    }
    let condition = Condition::new(template)?;
    condition.evaluate(answers)
}

/// A condition that is evaluated many times.
pub(crate) struct Condition {
    form: Form,
    /// The answers it looks at.
    pub(crate) names: BTreeSet<String>,
}

enum Form {
    Plain(Vec<Piece>),
    Engine { template: Box<Template>, text: String, uses_all: bool },
}

/// A part of a condition of a simple form.
enum Piece {
    Text(String),
    Print(Operand),
    /// The branches of an `if` or `unless`, the first whose condition holds being evaluated.
    Branches(Vec<Branch>),
}

struct Branch {
    /// Absent for `else`.
    condition: Option<Operand>,
    /// Whether the condition is to hold.
    wanted: bool,
    pieces: Vec<Piece>,
}

enum Operand {
    Answer(String),
    Literal(Value),
    Comparison(Comparison, Vec<Self>),
}

impl Condition {
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let no_parts = TemplateText::default();
        let found = analysis::analyse(text, "", &no_parts, 1, &|_| true);
        if let Some(located) = found.problems.into_iter().next() {
            return Err(located.problem.message);
        }
        let names = found.uses.iter().filter_map(|used| used.path.first().cloned()).collect();
        let form = match plain::pieces(text, &found.tags) {
            Some(pieces) => Form::Plain(pieces),
            None => Form::Engine {
                template: Box::new(engine::compile(text).map_err(|(words, _)| words)?),
                text: text.to_owned(),
                uses_all: found.uses_all,
            },
        };
        Ok(Self { form, names })
    }

    pub(crate) fn evaluate(&self, answers: &Map<String, Value>) -> Result<String, String> {
        let evaluated = match &self.form {
            Form::Plain(pieces) => {
                let mut out = String::new();
                evaluate(pieces, answers, &mut out).map(|()| out)
            }
            Form::Engine { template, text, uses_all } => {
                let seen: Map<String, Value> = answers
                    .iter()
                    .filter(|(name, _)| *uses_all || self.names.contains(name.as_str()))
                    .map(|(name, answer)| (name.clone(), answer.clone()))
                    .collect();
                let seen = Value::Object(seen);
                // Without entries to run through, the number of steps is the number of tags, which is capped already.
                let largest = largest(&seen);
                if largest > 1
                    && analysis::analyse(text, "", &TemplateText::default(), largest, &|_| true).steps
                        > MOST_STEPS
                {
                    return Err("it takes too many steps".to_owned());
                }
                engine::evaluate(template, &Context::from(seen), MOST_BYTES)
            }
        };
        evaluated.map_err(|failure| match failure {
            Failure::Missing(_) => "an answer is missing".to_owned(),
            Failure::TooLarge => "its text is too long".to_owned(),
            Failure::Other(words) => words,
        })
    }
}

fn evaluate(pieces: &[Piece], answers: &Map<String, Value>, out: &mut String) -> Result<(), Failure> {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Print(operand) => match operand.value(answers)? {
                Seen::Borrowed(Value::String(text)) => out.push_str(text),
                value => out.push_str(&value.get().render()),
            },
            Piece::Branches(branches) => {
                for branch in branches {
                    let taken = match &branch.condition {
                        Some(condition) => condition.value(answers)?.get().is_truthy(false) == branch.wanted,
                        None => true,
                    };
                    if taken {
                        evaluate(&branch.pieces, answers, out)?;
                        break;
                    }
                }
            }
        }
        if out.len() > MOST_BYTES {
            return Err(Failure::TooLarge);
        }
    }
    Ok(())
}

/// A value that an answer holds or that was worked out.
enum Seen<'a> {
    Borrowed(&'a Value),
    Made(Value),
}

impl Seen<'_> {
    fn get(&self) -> &Value {
        match self {
            Self::Borrowed(value) => value,
            Self::Made(value) => value,
        }
    }
}

impl Operand {
    fn value<'a>(&'a self, answers: &'a Map<String, Value>) -> Result<Seen<'a>, Failure> {
        Ok(match self {
            Self::Answer(name) => Seen::Borrowed(answers.get(name).unwrap_or(&Value::Null)),
            Self::Literal(value) => Seen::Borrowed(value),
            Self::Comparison(comparison, operands) => {
                let seen = operands.iter().map(|operand| operand.value(answers));
                let seen = seen.collect::<Result<Vec<_>, _>>()?;
                let values: Vec<&Value> = seen.iter().map(Seen::get).collect();
                Seen::Made(Value::Bool(comparison.holds(&values).ok_or_else(|| comparison.lacks_argument())?))
            }
        })
    }
}

#[cfg(test)]
mod tests;
