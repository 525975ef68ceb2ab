//! Tags of which it is certain that the engine reads them, so that it need not be asked.
//!
//! The engine's parser takes more time than all else that is looked at in a template. Most tags are of a few simple
//! forms, of which its grammar (`grammar.pest` of the crate `handlebars`) leaves no doubt; a text that has no others
//! is not given to it. Whatever is not certain is not plain: tildes, brackets, escapes, names that begin with a keyword.

use super::{Call, Expression, Tag, TagKind, Value};

/// Whether the engine is certain to read a text that was cut into these tags.
pub(crate) fn is_plain(text: &str, tags: &[Tag]) -> bool {
    let escapes = text.contains('\\') && text.contains("\\{{");
    !escapes && tags.iter().all(|tag| plain_tag(text, tag))
}

fn plain_tag(text: &str, tag: &Tag) -> bool {
    let written = &text[tag.start..tag.end];
    let inside = match tag.kind {
        TagKind::Print => match written.strip_prefix("{{{") {
            Some(inside) => inside.strip_suffix("}}}"),
            None => between(written, "{{"),
        },
        TagKind::Open => between(written, "{{#"),
        TagKind::Close => between(written, "{{/"),
        TagKind::Partial => between(written, "{{>"),
        TagKind::Else => return written == "{{else}}",
        TagKind::ElseChain => between(written, "{{else "),
        TagKind::Raw => return false,
    };
    let (Some(inside), Some(call)) = (inside, &tag.call) else { return false };
    // A tilde, `&` or `^` is none of an expression's characters, so it stands before the name or behind the last
    // argument.
    if inside.trim_start().as_ptr() != text[call.name.start..].as_ptr() || inside.trim_end().ends_with('~') {
        return false;
    }
    let name = &text[call.name.start..call.name.end];
    let has_arguments = !call.params.is_empty() || !call.hash.is_empty();
    let plain_name = match tag.kind {
        TagKind::Partial => name.bytes().all(|byte| is_word(byte) || matches!(byte, b'/' | b'.')),
        TagKind::Print if !has_arguments => plain_path(name),
        _ => plain_word(name),
    };
    plain_name && plain_arguments(text, call) && tag.block_params.iter().all(|name| plain_word(name))
}

fn between<'t>(written: &'t str, open: &str) -> Option<&'t str> {
    written.strip_prefix(open)?.strip_suffix("}}")
}

fn plain_arguments(text: &str, call: &Call) -> bool {
    call.params.iter().all(|param| plain_parameter(text, param))
        && call.hash.iter().all(|(key, value)| plain_word(key) && plain_parameter(text, value))
}

fn plain_parameter(text: &str, parameter: &Expression) -> bool {
    let written = &text[parameter.start..parameter.end];
    match &parameter.value {
        Value::Path(_) => plain_path(written),
        Value::Literal { .. } => match written.as_bytes() {
            [b'"' | b'\'', ..] => !written.contains(|c: char| c == '\\' || c.is_ascii_control()),
            b"0" => true,
            [b'1'..=b'9', ..] => written.len() < 16 && written.bytes().all(|byte| byte.is_ascii_digit()),
            _ => matches!(written, "true" | "false" | "null"),
        },
        Value::Call(call) => {
            let has_arguments = !call.params.is_empty() || !call.hash.is_empty();
            has_arguments && plain_word(&text[call.name.start..call.name.end]) && plain_arguments(text, call)
        }
    }
}

/// `a.b`, `../a`, `@index`
fn plain_path(written: &str) -> bool {
    let mut rest = written;
    while let Some(below) = rest.strip_prefix("../") {
        rest = below;
    }
    let mut names = match rest.strip_prefix('@') {
        Some(_) if rest.len() < written.len() => return false,
        Some(local) => local.split('.'),
        None => rest.split('.'),
    };
    names.next().is_some_and(plain_word) && names.all(|name| !name.is_empty() && name.bytes().all(is_word))
}

/// A name that is no keyword or literal and does not begin as one that the engine cuts short.
fn plain_word(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    begins
        && name.bytes().all(is_word)
        && !name.starts_with("else")
        && !matches!(name, "as" | "true" | "false" | "null")
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests;
