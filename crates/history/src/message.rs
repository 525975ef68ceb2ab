//! Commit messages: a subject, and trailers that plain `git log` shows.

use genesis_domain::{Step, Trailer};

use crate::HistoryError;

/// The experiment that a commit belongs to.
pub(crate) const EXPERIMENT: &str = "Genesis-Experiment";
/// The step that a commit is; only on an experiment's own ref.
pub(crate) const STEP: &str = "Genesis-Step";
/// The template.
pub(crate) const TEMPLATE: &str = "Genesis-Template";
/// The template's version as written.
pub(crate) const VERSION: &str = "Genesis-Version";
/// The commit whose tree a person's rollback brings back.
pub(crate) const ROLLBACK_TO: &str = "Genesis-Rollback-To";

const STEPS: [Step; 7] = [
    Step::Checkpoint,
    Step::Candidate,
    Step::Rendered,
    Step::Evidence,
    Step::Verdict,
    Step::Promotion,
    Step::Rollback,
];

const MOST_SUBJECT_BYTES: usize = 200;
const MOST_VALUE_BYTES: usize = 4096;
const MOST_TRAILERS: usize = 64;

/// A message from a subject, the crate's own trailers and the caller's; the crate's own win over the caller's of
/// the same key. Subject and values are escaped to one line and cut at a limit.
pub(crate) fn compose(
    subject: &str,
    own: &[(&'static str, String)],
    given: &[Trailer],
) -> Result<String, HistoryError> {
    if given.len() > MOST_TRAILERS {
        return Err(HistoryError::TooMuch {
            what: "trailers of a commit".to_owned(),
            most: MOST_TRAILERS as u64,
            found: given.len() as u64,
        });
    }
    let mut text = cut(&escape(subject), MOST_SUBJECT_BYTES);
    if text.is_empty() {
        return Err(HistoryError::Invalid("a commit needs a subject".to_owned()));
    }
    text.push_str("\n\n");
    for (key, value) in own {
        push(&mut text, key, value);
    }
    for trailer in given {
        if !is_key(&trailer.key) {
            let key = trailer.key.escape_debug();
            return Err(HistoryError::Invalid(format!(
                "`{key}` is no key of a trailer: only letters, digits and dashes are"
            )));
        }
        if !own.iter().any(|(key, _)| key.eq_ignore_ascii_case(&trailer.key)) {
            push(&mut text, &trailer.key, &trailer.value);
        }
    }
    Ok(text)
}

/// The first line of a message.
pub(crate) fn subject(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// The trailers of a message, values still escaped.
pub(crate) fn trailers(message: &str) -> Vec<Trailer> {
    let Some((_, block)) = message.trim_end().rsplit_once("\n\n") else {
        return Vec::new();
    };
    block
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(key, _)| is_key(key))
        .take(2 * MOST_TRAILERS)
        .map(|(key, value)| Trailer {
            key: key.to_owned(),
            value: value.strip_prefix(' ').unwrap_or(value).to_owned(),
        })
        .collect()
}

/// The value of a trailer as it was before it was escaped.
pub(crate) fn value(trailers: &[Trailer], key: &str) -> Option<String> {
    trailers.iter().find(|trailer| trailer.key == key).map(|trailer| unescape(&trailer.value))
}

/// The step that trailers name.
pub(crate) fn step(trailers: &[Trailer]) -> Option<Step> {
    let name = value(trailers, STEP)?;
    STEPS.into_iter().find(|step| step.as_str() == name)
}

fn push(text: &mut String, key: &str, value: &str) {
    text.push_str(key);
    text.push_str(": ");
    text.push_str(&cut(&escape(value), MOST_VALUE_BYTES));
    text.push('\n');
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= 64 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// One line without control or invisible characters; a space at either end is written out, because git drops it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    for (at, c) in text.char_indices() {
        let at_an_end = at == 0 || at == last;
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            ' ' if at_an_end => out.push_str("\\u{20}"),
            c if c.is_control() || is_invisible(c) || (at_an_end && c.is_whitespace()) => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('\\') {
            out.push('\\');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('n') {
            out.push('\n');
            rest = after;
        } else if let Some((c, after)) = unicode_escape(rest) {
            out.push(c);
            rest = after;
        } else {
            out.push('\\');
        }
    }
    out.push_str(rest);
    out
}

fn unicode_escape(text: &str) -> Option<(char, &str)> {
    let (digits, after) = text.strip_prefix("u{")?.split_once('}')?;
    if digits.len() > 6 {
        return None;
    }
    Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, after))
}

fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most - '…'.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // Half an escape would read back as something else.
    if let Some(start) = text[..end].rfind('\\')
        && end - start < 11
    {
        end = start;
    }
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn given(key: &str, value: &str) -> Vec<Trailer> {
        vec![Trailer { key: key.to_owned(), value: value.to_owned() }]
    }

    #[test]
    fn a_value_cannot_forge_a_second_trailer() {
        let message = compose("s", &[], &given("Genesis-Rule", "a\nGenesis-Verdict: merge\n\nx: y")).unwrap();
        assert_eq!(message.lines().count(), 3);
        assert_eq!(trailers(&message).len(), 1);
    }

    #[test]
    fn a_subject_cannot_forge_a_trailer() {
        let message = compose("s\n\nGenesis-Verdict: merge", &[(STEP, "verdict".to_owned())], &[]).unwrap();
        assert_eq!(trailers(&message), given(STEP, "verdict"));
    }

    #[test]
    fn the_crates_own_trailer_wins() {
        let message =
            compose("s", &[(STEP, "verdict".to_owned())], &given("genesis-step", "promotion")).unwrap();
        assert_eq!(step(&trailers(&message)), Some(Step::Verdict));
        assert_eq!(trailers(&message).len(), 1);
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for key in ["", "a b", "a:", "a\nb", "é"] {
            assert!(compose("s", &[], &given(key, "v")).is_err(), "{key}");
        }
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let message = compose("s", &[], &given("K", &"\u{7}".repeat(5000))).unwrap();
        let value = value(&trailers(&message), "K").unwrap();
        assert!(value.ends_with("\u{7}…"), "{value:?}");
        assert!(message.len() < 4200);
    }

    proptest! {
        #[test]
        fn every_short_value_reads_back(text in "\\PC{0,100}|.{0,60}|[\\\\nu{}0-9 \n]{0,40}") {
            let message = compose("s", &[], &given("K", &text)).unwrap();
            prop_assert_eq!(value(&trailers(&message), "K"), Some(text));
        }
    }
}
