//! `genesis explain`.

use std::fmt::Write as _;

use crate::args::Explain;
use crate::command::print;
use crate::exit::{Exit, Failure};

/// Explains a finding's code, or lists all of them.
pub(crate) fn run(args: &Explain) -> Result<Exit, Failure> {
    let Some(wanted) = args.code.as_deref().filter(|_| !args.list) else {
        let mut text = String::new();
        for code in genesis_template::all_codes() {
            let known_as = code.legacy_name.map(|name| format!(" ({name})")).unwrap_or_default();
            writeln!(text, "{}  {:<28} {}{known_as}", code.code, code.name, code.summary)
                .expect("writing to a string cannot fail");
        }
        for code in other_codes() {
            writeln!(text, "{}  {:<28} {}", code.code, code.name, code.summary)
                .expect("writing to a string cannot fail");
        }
        print(&text)?;
        return Ok(Exit::Success);
    };
    let text = template_code(wanted).or_else(|| host_code(wanted)).or_else(|| lint_rule(wanted)).ok_or_else(
        || {
            Failure::usage(format!("there is no code `{wanted}`"))
                .with_help("`genesis explain --list` lists all of them")
        },
    )?;
    print(&text)?;
    Ok(Exit::Success)
}

fn template_code(wanted: &str) -> Option<String> {
    let code = genesis_template::code(wanted)?;
    let [standard, strict, legacy] =
        genesis_template::Profile::ALL.map(|profile| severity(code.severity(profile)));
    let mut text = format!(
        "{} {}: {}\n\n{}\n\nWhat to do: {}.\n\nSeverity: {standard} in standard, {strict} in strict, {legacy} in legacy.\n",
        code.code,
        code.name,
        code.summary,
        code.explanation,
        code.help.trim_end_matches('.')
    );
    if let Some(legacy) = code.legacy_name {
        writeln!(text, "Known elsewhere as {legacy}.").expect("writing to a string cannot fail");
    }
    Some(text)
}

fn host_code(wanted: &str) -> Option<String> {
    let code = other_codes().find(|code| code.code == wanted || code.name == wanted)?;
    Some(format!("{} {}: {}\n\n{}\n", code.code, code.name, code.summary, code.explanation))
}

/// A rule of the built-in packs, by its id.
fn lint_rule(wanted: &str) -> Option<String> {
    let rule = genesis_policy::builtin_languages()
        .flat_map(genesis_policy::builtin_rules)
        .find(|rule| rule.id == wanted)?;
    let text = |key: &str| rule.value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let source = rule.value.pointer("/metadata/source").and_then(serde_json::Value::as_str);
    let mut out = format!("{} ({} rule for {}): {}\n", rule.id, rule.concern, rule.language, text("message"));
    if !text("note").is_empty() {
        writeln!(out, "\nWhat to do: {}.", text("note").trim_end_matches('.'))
            .expect("writing to a string cannot fail");
    }
    writeln!(out, "\nSeverity: {}.", text("severity")).expect("writing to a string cannot fail");
    if let Some(source) = source {
        writeln!(out, "Source: {source}.").expect("writing to a string cannot fail");
    }
    Some(out)
}

/// Codes of the host, and of the guests for code.
fn other_codes() -> impl Iterator<Item = &'static genesis_experiment::HostCode> {
    genesis_experiment::HOST_CODES.iter().chain(genesis_experiment::CODE_CODES)
}

fn severity(severity: genesis_abi::Severity) -> &'static str {
    match severity {
        genesis_abi::Severity::Error => "error",
        genesis_abi::Severity::Warning => "warning",
        genesis_abi::Severity::Note => "note",
    }
}
