//! What a text would look at, found without rendering it: the answers it uses, the partials it draws in, what it would
//! cost. Follows partials, keeps track of what a bare name means within `each`, `with` and a partial's arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use genesis_abi::TemplateText;

use crate::codes::{quoted, rendering as codes};
use crate::engine;
use crate::parts::{self, Mechanism};
use crate::scan::{self, Call, Expression, Path, Problem, Tag, TagKind, Value};

/// Stands in a path for an entry of a list.
pub(crate) const ENTRY: &str = "[]";
/// Most blocks and partials within one another, over all texts. The engine renders by recursion.
const MOST_DEPTH: usize = 96;
/// Most tags looked at, a partial's as often as it is drawn in.
const MOST_VISITS: u64 = 50_000;
/// Most tags that a rendering may come by, a loop's as often as it may run.
pub(crate) const MOST_STEPS: u64 = 5_000_000;

/// How an answer is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Printed; it must be there.
    Print,
    /// Run through, or entered by `with`; it must be there.
    Enter,
    /// A condition or an argument; it may be absent.
    Ask,
}

/// One look at an answer.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    /// From the answers downwards; [`ENTRY`] for the entries of a list.
    pub(crate) path: Vec<String>,
    pub(crate) mode: Mode,
    /// The partial's file; absent for the text itself.
    pub(crate) file: Option<String>,
    pub(crate) start: usize,
    pub(crate) length: usize,
    /// It stands in a block whose condition is a name that is not known.
    pub(crate) unreachable: bool,
}

/// What is wrong, and in which file; absent for the text itself.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) file: Option<String>,
    pub(crate) problem: Problem,
}

/// All that is known about a text.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    pub(crate) uses: Vec<Use>,
    /// It looks at all answers at once, as `{{#each this}}` does.
    pub(crate) uses_all: bool,
    pub(crate) problems: Vec<Located>,
    /// The partials it draws in: name as written, and the file.
    pub(crate) partials: BTreeMap<String, String>,
    /// The most tags that rendering may come by.
    pub(crate) steps: u64,
    /// The text's own tags; none when it cannot be cut into tags.
    pub(crate) tags: Vec<Tag>,
}

/// Looks at a text. `largest` is the greatest number of entries that any list or map among the answers has, and
/// `is_known` tells which names may be answered.
pub(crate) fn analyse(
    text: &str,
    from: &str,
    template: &TemplateText,
    largest: u64,
    is_known: &dyn Fn(&str) -> bool,
) -> Analysis {
    let mut walk =
        Walk { template, is_known, largest, visits: 0, found: Analysis::default(), scanned: BTreeMap::new() };
    match scan::scan(text) {
        Err(problem) => walk.found.problems.push(Located { file: None, problem }),
        Ok(tags) => {
            let mut scope =
                Scope { frames: vec![Frame { base: Some(Vec::new()), names: Vec::new() }], guards: 0 };
            let at = At { text, file: None, from, depth: 0, runs: 1, drawn_in: &mut Vec::new() };
            walk.tags(&tags, at, &mut scope);
            walk.found.tags = tags;
        }
    }
    walk.found
}

impl Analysis {
    /// The names of the answers that are looked at.
    pub(crate) fn roots(&self) -> BTreeSet<&str> {
        self.uses.iter().filter_map(|used| used.path.first().map(String::as_str)).collect()
    }
}

/// What bare names mean.
struct Frame {
    /// Where the context lies within the answers; absent when that is not known.
    base: Option<Vec<String>>,
    /// Block parameters and a partial's arguments.
    names: Vec<(String, Option<Vec<String>>)>,
}

struct Scope {
    frames: Vec<Frame>,
    /// How many enclosing conditions are names that are not known.
    guards: usize,
}

/// An open block.
struct Block {
    has_frame: bool,
    has_guard: bool,
    runs_outside: u64,
}

struct At<'t, 'd> {
    text: &'t str,
    file: Option<&'t str>,
    from: &'t str,
    depth: usize,
    runs: u64,
    drawn_in: &'d mut Vec<String>,
}

struct Walk<'a> {
    template: &'a TemplateText,
    is_known: &'a dyn Fn(&str) -> bool,
    largest: u64,
    visits: u64,
    found: Analysis,
    scanned: BTreeMap<String, Option<Rc<[Tag]>>>,
}

impl Walk<'_> {
    fn tags(&mut self, tags: &[Tag], mut at: At<'_, '_>, scope: &mut Scope) {
        let mut blocks: Vec<Block> = Vec::new();
        for tag in tags {
            self.visits += 1;
            self.found.steps = self.found.steps.saturating_add(at.runs);
            if self.visits > MOST_VISITS {
                if self.visits == MOST_VISITS + 1 {
                    self.complex(&at, tag, "partials are drawn in too often");
                }
                break;
            }
            match (tag.kind, &tag.call) {
                (TagKind::Print, Some(call)) => self.print(tag, call, &at, scope),
                (TagKind::Partial, Some(call)) => self.partial(tag, call, &mut at, blocks.len(), scope),
                (TagKind::Open, Some(call)) => {
                    let block = self.open(tag, call, &mut at, scope);
                    blocks.push(block);
                    if at.depth + blocks.len() > MOST_DEPTH {
                        self.complex(&at, tag, "blocks and partials are nested too deep");
                        break;
                    }
                }
                (TagKind::ElseChain, Some(call)) => {
                    if let Some(block) = blocks.pop() {
                        at.runs = leave(&block, scope);
                    }
                    let block = self.open(tag, call, &mut at, scope);
                    blocks.push(block);
                }
                (TagKind::Else, _) => {
                    if let Some(block) = blocks.last_mut() {
                        at.runs = leave(block, scope);
                        (block.has_frame, block.has_guard) = (false, false);
                    }
                }
                (TagKind::Close, _) => {
                    if let Some(block) = blocks.pop() {
                        at.runs = leave(&block, scope);
                    }
                }
                _ => {}
            }
        }
        for block in blocks.iter().rev() {
            leave(block, scope);
        }
    }

    fn print(&mut self, tag: &Tag, call: &Call, at: &At<'_, '_>, scope: &Scope) {
        if call.params.is_empty() && call.hash.is_empty() {
            match &call.name.value {
                Value::Path(path) => self.look(path, &call.name, Mode::Print, at, scope),
                Value::Call(inner) => self.call(inner, at, scope),
                Value::Literal { .. } => {}
            }
        } else {
            self.helper(tag, call, engine::HELPERS, at);
            self.arguments(call, at, scope);
        }
    }

    fn open(&mut self, tag: &Tag, call: &Call, at: &mut At<'_, '_>, scope: &mut Scope) -> Block {
        let mut block = Block { has_frame: false, has_guard: false, runs_outside: at.runs };
        self.helper(tag, call, engine::BLOCK_HELPERS, at);
        let name = &at.text[call.name.start..call.name.end];
        let subject = call.params.first();
        let path = subject.and_then(|subject| match &subject.value {
            Value::Path(path) => Some((path, subject)),
            _ => None,
        });
        match name {
            "each" | "with" => {
                let resolved = path.and_then(|(path, _)| resolve(path, scope));
                if let Some((path, subject)) = path {
                    self.look(path, subject, Mode::Enter, at, scope);
                } else {
                    self.arguments(call, at, scope);
                }
                let literal = subject.map_or(0, |subject| literal_size(&subject.value));
                let base = resolved.map(|mut base| {
                    if name == "each" {
                        base.push(ENTRY.to_owned());
                    }
                    base
                });
                let mut names: Vec<(String, Option<Vec<String>>)> = Vec::new();
                for (index, param) in tag.block_params.iter().enumerate() {
                    names.push((param.clone(), if index == 0 { base.clone() } else { None }));
                }
                scope.frames.push(Frame { base, names });
                block.has_frame = true;
                if name == "each" {
                    let runs = self.largest.max(u64::try_from(literal).unwrap_or(u64::MAX)).max(1);
                    at.runs = at.runs.saturating_mul(runs);
                }
            }
            _ => {
                self.arguments(call, at, scope);
                if name == "if"
                    && let Some((path, _)) = path
                    && resolve(path, scope)
                        .is_some_and(|path| path.first().is_some_and(|root| !(self.is_known)(root)))
                {
                    scope.guards += 1;
                    block.has_guard = true;
                }
            }
        }
        block
    }

    fn partial(&mut self, tag: &Tag, call: &Call, at: &mut At<'_, '_>, open: usize, scope: &mut Scope) {
        self.arguments(call, at, scope);
        let name = at.text[call.name.start..call.name.end].to_owned();
        let known = self.found.partials.get(&name).cloned();
        let found = known.or_else(|| {
            [self.template.path.as_str(), at.from].iter().find_map(|from| {
                parts::find(&self.template.parts, &name, Mechanism::Partial, from)
                    .map(|(file, _)| file.to_owned())
            })
        });
        let Some(file) = found else {
            let (code, message) = match parts::confined(&name) {
                Ok(_) => (&codes::PARTIAL_MISSING, format!("partial {} does not exist", quoted(&name))),
                Err(refusal) => {
                    (&codes::PATH_REFUSED, format!("partial path {} is refused: {refusal}", quoted(&name)))
                }
            };
            self.problem(at, Problem { code, message, start: call.name.start, length: name.len() });
            return;
        };
        self.found.partials.insert(name.clone(), file.clone());
        if at.drawn_in.contains(&file) || at.from == file {
            let message = format!("partial {} draws in itself", quoted(&name));
            let problem = Problem {
                code: &codes::PARTIAL_CYCLE,
                message,
                start: tag.start,
                length: tag.end - tag.start,
            };
            self.problem(at, problem);
            return;
        }
        if at.depth + open + 1 > MOST_DEPTH {
            self.complex(at, tag, "blocks and partials are nested too deep");
            return;
        }
        let Some(text) = self.template.parts.get(&file) else { return };
        if !self.scanned.contains_key(&file) {
            let tags = scan::scan(text)
                .map_err(|problem| self.found.problems.push(Located { file: Some(file.clone()), problem }))
                .ok();
            self.scanned.insert(file.clone(), tags.map(Rc::from));
        }
        let Some(tags) = self.scanned.get(&file).cloned().flatten() else { return };
        let base = match call.params.first().map(|param| &param.value) {
            Some(Value::Path(path)) => resolve(path, scope),
            Some(_) => None,
            None => scope.frames.last().and_then(|frame| frame.base.clone()),
        };
        let names = call
            .hash
            .iter()
            .map(|(key, value)| match &value.value {
                Value::Path(path) => (key.clone(), resolve(path, scope)),
                _ => (key.clone(), None),
            })
            .collect();
        scope.frames.push(Frame { base, names });
        at.drawn_in.push(file.clone());
        let inner = At {
            text,
            file: Some(&file),
            from: &file,
            depth: at.depth + open + 1,
            runs: at.runs,
            drawn_in: &mut *at.drawn_in,
        };
        self.tags(&tags, inner, scope);
        at.drawn_in.pop();
        scope.frames.pop();
    }

    fn call(&mut self, call: &Call, at: &At<'_, '_>, scope: &Scope) {
        let name = &at.text[call.name.start..call.name.end];
        if !engine::HELPERS.contains(&name) {
            let message = format!("there is no helper {}", quoted(name));
            let (start, length) = (call.name.start, name.len());
            self.problem(at, Problem { code: &codes::UNKNOWN_HELPER, message, start, length });
        }
        self.arguments(call, at, scope);
    }

    fn arguments(&mut self, call: &Call, at: &At<'_, '_>, scope: &Scope) {
        for argument in call.params.iter().chain(call.hash.iter().map(|(_, value)| value)) {
            match &argument.value {
                Value::Path(path) => self.look(path, argument, Mode::Ask, at, scope),
                Value::Call(call) => self.call(call, at, scope),
                Value::Literal { .. } => {}
            }
        }
    }

    fn helper(&mut self, tag: &Tag, call: &Call, known: &[&str], at: &At<'_, '_>) {
        let name = &at.text[call.name.start..call.name.end];
        if !known.contains(&name) {
            let what = if tag.kind == TagKind::Print { "helper" } else { "block helper" };
            let message = format!("there is no {what} {}", quoted(name));
            let (start, length) = (call.name.start, name.len());
            self.problem(at, Problem { code: &codes::UNKNOWN_HELPER, message, start, length });
        }
    }

    fn look(&mut self, path: &Path, expression: &Expression, mode: Mode, at: &At<'_, '_>, scope: &Scope) {
        if path.local {
            return;
        }
        let Some(path) = resolve(path, scope) else { return };
        if path.is_empty() || path.first().is_some_and(|name| name == ENTRY) {
            self.found.uses_all = true;
            return;
        }
        self.found.uses.push(Use {
            path,
            mode,
            file: at.file.map(str::to_owned),
            start: expression.start,
            length: expression.end - expression.start,
            unreachable: scope.guards > 0,
        });
    }

    fn complex(&mut self, at: &At<'_, '_>, tag: &Tag, message: &str) {
        let (start, length) = (tag.start, tag.end - tag.start);
        self.problem(
            at,
            Problem { code: &codes::TEMPLATE_TOO_COMPLEX, message: message.to_owned(), start, length },
        );
    }

    fn problem(&mut self, at: &At<'_, '_>, problem: Problem) {
        self.found.problems.push(Located { file: at.file.map(str::to_owned), problem });
    }
}

/// Leaves a block; gives back how often what follows it runs.
fn leave(block: &Block, scope: &mut Scope) -> u64 {
    if block.has_frame {
        scope.frames.pop();
    }
    if block.has_guard {
        scope.guards -= 1;
    }
    block.runs_outside
}

/// Where a path leads within the answers; absent when that is not known.
fn resolve(path: &Path, scope: &Scope) -> Option<Vec<String>> {
    if path.local {
        return None;
    }
    if path.root {
        return Some(path.names.clone());
    }
    let innermost = scope.frames.len().checked_sub(1)?;
    if path.up == 0
        && let Some((first, rest)) = path.names.split_first()
    {
        let named = scope.frames.iter().rev().flat_map(|frame| &frame.names).find(|(name, _)| name == first);
        if let Some((_, base)) = named {
            let mut found = base.clone()?;
            found.extend(rest.iter().cloned());
            return Some(found);
        }
    }
    let frame = &scope.frames[innermost.checked_sub(path.up).unwrap_or(innermost)];
    let mut found = frame.base.clone()?;
    found.extend(path.names.iter().cloned());
    Some(found)
}

fn literal_size(value: &Value) -> usize {
    match value {
        Value::Literal { largest } => *largest,
        _ => 0,
    }
}
