//! The Handlebars engine, set up by hand: no escaping, helpers that bear absent answers, and nothing that reaches out.

use std::io;
use std::sync::LazyLock;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, Output, RenderContext, RenderError, RenderErrorReason,
    Renderable, ScopedJson, Template, no_escape,
};
use serde_json::Value;

use crate::codes::quoted;
use crate::scan;

/// The helpers that give a value.
pub(crate) const HELPERS: &[&str] = &[
    "lookup", "len", "includes", "eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not", "if", "unless",
    "each", "with",
];
/// The helpers that hold a block.
pub(crate) const BLOCK_HELPERS: &[&str] = &["if", "unless", "each", "with"];

/// What a missing answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It ends the rendering.
    Ends,
    /// It prints nothing.
    PrintsNothing,
}

/// Why a rendering ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A name has no value; the name, when it is known.
    Missing(Option<String>),
    /// The text is longer than allowed.
    TooLarge,
    /// Anything else, in words that hold no place.
    Other(String),
}

/// A failure with its place: the partial's name, line and column from 1.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) failure: Failure,
    pub(crate) partial: Option<String>,
    pub(crate) position: Option<(usize, usize)>,
}

/// An engine without templates.
pub(crate) fn new<'reg>(missing: Missing) -> Handlebars<'reg> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(missing == Missing::Ends);
    engine.register_escape_fn(no_escape);
    engine.unregister_helper("log");
    for comparison in Comparison::ALL {
        engine.register_helper(comparison.name(), Box::new(comparison));
    }
    engine
}

/// The engine's words and, when it tells, line and column from 1.
pub(crate) type Unreadable = (String, Option<(usize, usize)>);

/// Reads a text.
///
/// # Errors
/// Why the engine cannot read it.
pub(crate) fn compile(text: &str) -> Result<Template, Unreadable> {
    Template::compile(text).map_err(|error| {
        let words = error.reason().to_string();
        let words = words.strip_prefix("invalid handlebars syntax: ").unwrap_or(&words);
        (words.lines().next().unwrap_or_default().chars().take(200).collect(), error.pos())
    })
}

/// Whether the engine can read a text. It is asked only when that is in doubt.
///
/// # Errors
/// Why the engine cannot read it.
pub(crate) fn check(text: &str) -> Result<(), Unreadable> {
    if scan::scan(text).is_ok_and(|tags| scan::is_plain(text, &tags)) {
        return Ok(());
    }
    compile(text).map(drop)
}

/// Adds a text under a name.
///
/// # Errors
/// Why the engine cannot read it.
pub(crate) fn register(engine: &mut Handlebars<'_>, name: &str, text: &str) -> Result<(), Unreadable> {
    let mut template = compile(text)?;
    template.name = Some(name.to_owned());
    engine.register_template(name, template);
    Ok(())
}

/// Evaluates a text that draws in nothing, where an absent answer prints nothing. Setting up an engine costs more than
/// evaluating a condition, so they share one.
pub(crate) fn evaluate(template: &Template, answers: &Context, most: usize) -> Result<String, Failure> {
    static ENGINE: LazyLock<Handlebars<'static>> = LazyLock::new(|| new(Missing::PrintsNothing));
    let mut output = Capped { bytes: Vec::new(), most, full: false };
    match template.render(&ENGINE, answers, &mut RenderContext::new(None), &mut output) {
        Ok(()) => Ok(output.into_text()),
        Err(_) if output.full => Err(Failure::TooLarge),
        Err(error) => Err(failure(&error)),
    }
}

/// Renders a registered text into at most `most` bytes.
pub(crate) fn render(
    engine: &Handlebars<'_>,
    name: &str,
    answers: &Context,
    most: usize,
) -> Result<String, Located> {
    let mut output = Capped { bytes: Vec::new(), most, full: false };
    match engine.render_with_context_to_write(name, answers, &mut output) {
        Ok(()) => Ok(output.into_text()),
        Err(error) => {
            let failure = if output.full { Failure::TooLarge } else { failure(&error) };
            let position = error.line_no.zip(error.column_no);
            Err(Located { failure, partial: error.template_name.filter(|found| found != name), position })
        }
    }
}

fn failure(error: &RenderError) -> Failure {
    match error.reason() {
        RenderErrorReason::MissingVariable(name) => Failure::Missing(name.clone()),
        RenderErrorReason::HelperNotFound(name) => {
            Failure::Other(format!("there is no helper {}", quoted(name)))
        }
        RenderErrorReason::PartialNotFound(name) => {
            Failure::Other(format!("there is no partial {}", quoted(name)))
        }
        RenderErrorReason::InvalidJsonIndex(name) => {
            Failure::Other(format!("a list is asked for the name {}", quoted(name)))
        }
        RenderErrorReason::ParamNotFoundForIndex(helper, _)
        | RenderErrorReason::ParamNotFoundForName(helper, _) => {
            Failure::Other(format!("helper {} lacks an argument", quoted(helper)))
        }
        other => Failure::Other(other.to_string().chars().take(200).collect()),
    }
}

/// Stops at a number of bytes.
struct Capped {
    bytes: Vec<u8>,
    most: usize,
    full: bool,
}

impl Capped {
    fn into_text(self) -> String {
        String::from_utf8(self.bytes).expect("the engine writes whole strings")
    }
}

impl Output for Capped {
    fn write(&mut self, more: &str) -> io::Result<()> {
        io::Write::write_all(self, more.as_bytes())
    }
}

impl io::Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.most - self.bytes.len() {
            self.full = true;
            return Err(io::Error::other("the output limit is reached"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The engine's own comparisons fail in strict mode when an argument is absent, and a skipped question is absent; here
/// an absent argument is null.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    And,
    Or,
    Not,
    Includes,
}
use Comparison::{And, Eq, Gt, Gte, Includes, Lt, Lte, Ne, Not, Or};

impl Comparison {
    const ALL: [Self; 10] = [Eq, Ne, Gt, Gte, Lt, Lte, And, Or, Not, Includes];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Eq => "eq",
            Ne => "ne",
            Gt => "gt",
            Gte => "gte",
            Lt => "lt",
            Lte => "lte",
            And => "and",
            Or => "or",
            Not => "not",
            Includes => "includes",
        }
    }

    /// `None` when there are too many or too few values.
    pub(crate) fn holds(self, values: &[&Value]) -> Option<bool> {
        use handlebars::JsonTruthy;
        let truthy = |value: &Value| value.is_truthy(false);
        match (self, values) {
            (Not, [value]) => Some(!truthy(value)),
            (And, [_, ..]) => Some(values.iter().all(|value| truthy(value))),
            (Or, [_, ..]) => Some(values.iter().any(|value| truthy(value))),
            (Eq, [left, right]) => Some(same(left, right)),
            (Ne, [left, right]) => Some(!same(left, right)),
            (Gt | Gte | Lt | Lte, [left, right]) => {
                let order = match (left, right) {
                    (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
                    _ => left.as_f64().zip(right.as_f64()).and_then(|(left, right)| left.partial_cmp(&right)),
                };
                // An order between things that have none, such as an absent answer and a number, does not hold.
                Some(order.is_some_and(|order| match self {
                    Gt => order.is_gt(),
                    Gte => order.is_ge(),
                    Lt => order.is_lt(),
                    _ => order.is_le(),
                }))
            }
            (Includes, [Value::Array(entries), wanted]) => Some(entries.contains(wanted)),
            (Includes, [Value::String(text), Value::String(wanted)]) => Some(text.contains(wanted.as_str())),
            (Includes, [Value::Object(members), Value::String(wanted)]) => Some(members.contains_key(wanted)),
            (Includes, [_, _]) => Some(false),
            _ => None,
        }
    }

    /// What is said when it has too many or too few values.
    pub(crate) fn lacks_argument(self) -> Failure {
        Failure::Other(format!("helper {} lacks an argument", quoted(self.name())))
    }
}

impl HelperDef for Comparison {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let values: Vec<&Value> = helper.params().iter().map(handlebars::PathAndJson::value).collect();
        match self.holds(&values) {
            Some(holds) => Ok(ScopedJson::Derived(Value::Bool(holds))),
            None => Err(RenderErrorReason::ParamNotFoundForIndex(self.name(), values.len()).into()),
        }
    }
}

/// Numbers compare by value: 1 equals 1.0.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left_number), Value::Number(right_number)) => {
            left_number == right_number || left.as_f64() == right.as_f64()
        }
        _ => left == right,
    }
}
