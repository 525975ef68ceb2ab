//! The simple forms of conditions: text, answers by their bare names, and `if` and `unless` over comparisons.

use serde_json::Value;

use super::{Branch, Operand, Piece};
use crate::engine::{Comparison, HELPERS};
use crate::scan::{self, Call, Expression, Tag, TagKind};

/// The pieces of a text that was cut into these tags and in which the analysis found no problem; `None` when it is not
/// of a simple form.
pub(super) fn pieces(text: &str, tags: &[Tag]) -> Option<Vec<Piece>> {
    // Tags that stand alone on a line, escapes and comments change the text around them.
    if text.contains(['\n', '\r', '\\']) || text.contains("{{!") || !scan::is_plain(text, tags) {
        return None;
    }
    let mut reader = Reader { text, tags: tags.iter(), at: 0 };
    match reader.pieces()? {
        (pieces, None) => Some(pieces),
        (_, Some(_)) => None,
    }
}

struct Reader<'t> {
    text: &'t str,
    tags: std::slice::Iter<'t, Tag>,
    /// Behind the last tag.
    at: usize,
}

impl<'t> Reader<'t> {
    /// The pieces up to an `else` or the end of a block, and that tag; without one, up to the end of the text.
    fn pieces(&mut self) -> Option<(Vec<Piece>, Option<&'t Tag>)> {
        let mut pieces = Vec::new();
        loop {
            let Some(tag) = self.tags.next() else {
                self.text_before(self.text.len(), &mut pieces);
                return Some((pieces, None));
            };
            self.text_before(tag.start, &mut pieces);
            self.at = tag.end;
            match tag.kind {
                TagKind::Print => {
                    let call = tag.call.as_ref()?;
                    pieces.push(Piece::Print(self.printed(call)?));
                }
                TagKind::Open => pieces.push(Piece::Branches(self.block(tag)?)),
                TagKind::Else | TagKind::ElseChain | TagKind::Close => return Some((pieces, Some(tag))),
                TagKind::Partial | TagKind::Raw => return None,
            }
        }
    }

    fn text_before(&self, end: usize, pieces: &mut Vec<Piece>) {
        if self.at < end {
            pieces.push(Piece::Text(self.text[self.at..end].to_owned()));
        }
    }

    fn block(&mut self, open: &'t Tag) -> Option<Vec<Branch>> {
        let mut branches = Vec::new();
        let (mut condition, mut wanted) = self.condition(open)?;
        loop {
            let (pieces, end) = self.pieces()?;
            branches.push(Branch { condition, wanted, pieces });
            let end = end?;
            match end.kind {
                TagKind::Close => return Some(branches),
                TagKind::Else => (condition, wanted) = (None, true),
                _ => (condition, wanted) = self.condition(end)?,
            }
        }
    }

    /// `if x`, `unless x`
    fn condition(&self, tag: &Tag) -> Option<(Option<Operand>, bool)> {
        let call = tag.call.as_ref()?;
        let wanted = match self.written(&call.name) {
            "if" => true,
            "unless" => false,
            _ => return None,
        };
        let [condition] = call.params.as_slice() else { return None };
        let is_plain = call.hash.is_empty() && tag.block_params.is_empty();
        is_plain.then_some(())?;
        Some((Some(self.operand(condition)?), wanted))
    }

    fn printed(&self, call: &Call) -> Option<Operand> {
        if call.params.is_empty() && call.hash.is_empty() {
            self.operand(&call.name)
        } else {
            self.comparison(call)
        }
    }

    fn operand(&self, expression: &Expression) -> Option<Operand> {
        let written = self.written(expression);
        match &expression.value {
            scan::Value::Path(path) => {
                let is_name = path.names.len() == 1 && path.names[0] == written;
                let is_helper = HELPERS.contains(&written) || written == "raw";
                (is_name && !is_helper).then(|| Operand::Answer(written.to_owned()))
            }
            scan::Value::Literal { .. } => {
                let quoted = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                match quoted {
                    Some(inside) => Some(Operand::Literal(Value::String(inside.to_owned()))),
                    None => Some(Operand::Literal(serde_json::from_str(written).ok()?)),
                }
            }
            scan::Value::Call(call) => self.comparison(call),
        }
    }

    fn comparison(&self, call: &Call) -> Option<Operand> {
        let comparison = Comparison::named(self.written(&call.name)).filter(|_| call.hash.is_empty())?;
        let operands = call.params.iter().map(|param| self.operand(param)).collect::<Option<_>>()?;
        Some(Operand::Comparison(comparison, operands))
    }

    fn written(&self, expression: &Expression) -> &'t str {
        &self.text[expression.start..expression.end]
    }
}
