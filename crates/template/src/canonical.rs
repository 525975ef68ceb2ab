//! The canonical form: two texts that mean the same template have the same one.
//!
//! Whitespace and the order of keys mean nothing; a member that is `null` is as good as absent; a number is its value,
//! however it is written and however large. The order of a list means something, and so does the order of a changelog,
//! newest first, whether it is a map or a list. A key that stands twice is written twice: to add one is a change.

use std::fmt::Write as _;

use genesis_abi::TemplateText;
use sha2::{Digest as _, Sha256};

use crate::changelog;
use crate::json::{Document, Member, Node, NodeValue, ReadLimits};

/// The digest of a template's content, `sha256:` and 64 hexadecimal digits: of the canonical form of its document and of
/// its parts. A text that is not JSON, or is beyond [`ReadLimits::DEFAULT`], is digested as it stands, in a way that no
/// other text shares.
pub fn content_digest(template: &TemplateText) -> String {
    digest(&form(template))
}

/// Whether two templates have the same canonical form.
pub fn canonically_equal(a: &TemplateText, b: &TemplateText) -> bool {
    a.text == b.text && a.parts == b.parts || form(a) == form(b)
}

/// The canonical form of a template whose document is already read.
pub(crate) fn form_of(document: &Document, template: &TemplateText) -> Vec<u8> {
    let mut out = Vec::with_capacity(document.text().len());
    write_document(document.root(), &mut out);
    write_parts(template, &mut out);
    out
}

fn form(template: &TemplateText) -> Vec<u8> {
    let mut out = Vec::with_capacity(template.text.len());
    write_file(&template.text, &mut out);
    write_parts(template, &mut out);
    out
}

fn write_parts(template: &TemplateText, out: &mut Vec<u8>) {
    write_count(b'P', template.parts.len(), out);
    for (path, text) in &template.parts {
        write_text(path, out);
        if std::path::Path::new(path).extension().is_some_and(|extension| extension == "json") {
            write_file(text, out);
        } else {
            write_text(text, out);
        }
    }
}

fn write_file(text: &str, out: &mut Vec<u8>) {
    if let Ok(document) = Document::parse(text, &ReadLimits::DEFAULT) {
        write_document(document.root(), out);
    } else {
        out.push(b'R');
        write_text(text, out);
    }
}

fn write_document(root: &Node, out: &mut Vec<u8>) {
    let Some(members) = root.as_object() else { return write_node(root, out) };
    write_members_with(members.iter(), out, |member, out| {
        let listed = (member.key == "changelog").then(|| changelog::of(root)).flatten();
        if listed.and_then(|changelog| changelog.write(out)).is_none() {
            write_node(&member.value, out);
        }
    });
}

fn digest(form: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(form) {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

// The form is a byte string in which every piece says its own length, so that no two values share one. It is only ever
// compared and digested; nothing reads it.

/// Writes one value.
pub(crate) fn write_node(node: &Node, out: &mut Vec<u8>) {
    match &node.value {
        NodeValue::Null => out.push(b'n'),
        NodeValue::Bool(true) => out.push(b't'),
        NodeValue::Bool(false) => out.push(b'f'),
        NodeValue::Number(raw) => write_number(raw, out),
        NodeValue::String(text) => write_text(text, out),
        NodeValue::Array(entries) => {
            write_count(b'A', entries.len(), out);
            for entry in entries {
                write_node(entry, out);
            }
        }
        NodeValue::Object(members) => write_members(members.iter(), out),
    }
}

/// Writes an object of these members.
pub(crate) fn write_members<'d>(members: impl Iterator<Item = &'d Member>, out: &mut Vec<u8>) {
    write_members_with(members, out, |member, out| write_node(&member.value, out));
}

/// Writes an object of one member.
pub(crate) fn write_only_member(key: &str, value: &Node, out: &mut Vec<u8>) {
    write_count(b'O', 1, out);
    write_text(key, out);
    write_node(value, out);
}

fn write_members_with<'d>(
    members: impl Iterator<Item = &'d Member>,
    out: &mut Vec<u8>,
    write_value: impl Fn(&Member, &mut Vec<u8>),
) {
    let mut sorted: Vec<&Member> = members.collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    // A `null` beside a member of the same name is kept: it overrides the other one for most readers.
    let alone = |index: usize| {
        let key = &sorted[index].key;
        (index == 0 || sorted[index - 1].key != *key)
            && sorted.get(index + 1).is_none_or(|next| next.key != *key)
    };
    let kept: Vec<&Member> = sorted
        .iter()
        .enumerate()
        .filter(|(index, member)| !(member.value.is_null() && alone(*index)))
        .map(|(_, member)| *member)
        .collect();
    write_count(b'O', kept.len(), out);
    for member in kept {
        write_text(&member.key, out);
        write_value(member, out);
    }
}

/// Writes a text.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    write_count(b's', text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Writes a tag and how much follows it.
pub(crate) fn write_count(tag: u8, count: usize, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(count as u64).to_be_bytes());
}

/// Writes a number's exact value: its digits without zeros at either end, and the power of ten of the last one.
fn write_number(raw: &str, out: &mut Vec<u8>) {
    let (negative, unsigned) = raw.strip_prefix('-').map_or((false, raw), |rest| (true, rest));
    let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = String::with_capacity(mantissa.len());
    digits.push_str(whole);
    digits.push_str(fraction);
    let significant = digits.trim_end_matches('0');
    let dropped = digits.len() - significant.len();
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        out.push(b'0');
        return;
    }
    let exact = power.parse::<i64>().ok().and_then(|power| {
        power.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(i64::try_from(dropped).ok()?)
    });
    if let Some(power) = exact {
        out.push(if negative { b'-' } else { b'+' });
        write_text(significant, out);
        out.extend_from_slice(&power.to_be_bytes());
    } else {
        // A power of ten beyond 64 bits has no other sensible spelling.
        out.push(b'#');
        write_text(raw, out);
    }
}

#[cfg(test)]
mod tests;
