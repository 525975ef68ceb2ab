//! Parsers that accept the same texts as the language's own, each giving its faults by byte offsets.

pub mod javascript;
pub mod json;
pub mod php;
pub mod python;
pub mod ruby;
pub mod rust;
pub mod toml;
pub mod yaml;

/// A parser's own words as they stand in a finding: the first letter small, no full stop.
fn sentence(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut characters = message.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(message.chars().skip(1)).collect()
        }
        _ => message.to_owned(),
    }
}
