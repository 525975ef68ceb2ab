//! What a second parser says where the language's own says only that the syntax is invalid.

use genesis_abi::{ABI_VERSION, Analysis, CodeInput, Finding, Input, Severity, Subject, code};
use genesis_policy::Policy;
use genesis_sandbox::Cancel;

use super::family_of;
use crate::runner::Runner;

/// All that CPython's compiler says when it has nothing better to say.
const VAGUE: &str = "invalid syntax";
/// The guest with the other parser.
const GUEST: &str = "code-python";

/// Gives findings that say nothing but that the syntax is invalid the words of another parser as help. The verdict
/// stays that of the language's own: where the other one finds nothing, or cannot be run, nothing is added.
pub(crate) fn explain(
    findings: &mut [Finding],
    given: &CodeInput,
    runner: &Runner,
    policy: &Policy,
    seed: u64,
    cancel: &Cancel,
) {
    if given.language != "python" || !findings.iter().any(is_vague) {
        return;
    }
    let family = family_of(Analysis::Syntax);
    let asked = CodeInput {
        analysis: Analysis::Syntax,
        files: given.files.iter().chain(&given.tests).cloned().collect(),
        tests: Vec::new(),
        ..given.clone()
    };
    let input = Input { abi: ABI_VERSION, read: None, subject: Subject::Code(asked) };
    let input = serde_json::to_vec(&input).expect("an input holds no map with keys that are no strings");
    let ran = runner
        .built_in(GUEST, policy.class_for(family))
        .ok()
        .and_then(|guest| runner.run(&guest, &input, &policy.limits_for(family), seed, cancel).ok());
    let Some(report) = ran.filter(|run| run.outcome.is_completed()).and_then(|run| run.report) else {
        return;
    };
    add(findings, &report.findings);
}

fn is_vague(finding: &Finding) -> bool {
    finding.code == code::SYNTAX_ERROR && finding.message == VAGUE && finding.help.is_none()
}

/// The first error of the other parser in the same file is the one that is meant: each stops being sure behind it.
fn add(findings: &mut [Finding], others: &[Finding]) {
    for finding in findings.iter_mut().filter(|finding| is_vague(finding)) {
        let of_file = others.iter().filter(|other| {
            other.severity == Severity::Error
                && other.place.file == finding.place.file
                && other.message != VAGUE
        });
        let Some(other) = of_file.min_by_key(|other| other.place.span.map(|span| span.offset)) else {
            continue;
        };
        let (here, there) = (finding.place.span, other.place.span);
        let place = match (here, there) {
            (Some(here), Some(there)) if here.line != there.line => {
                format!(" at {}:{}", there.line, there.column)
            }
            _ => String::new(),
        };
        let advice = other.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
        finding.help = Some(format!("another parser says{place}: {}{advice}", other.message));
    }
}

#[cfg(test)]
mod tests {
    use genesis_abi::{Place, Span};

    use super::*;

    fn at(file: &str, line: u32, message: &str) -> Finding {
        Finding {
            severity: Severity::Error,
            code: code::SYNTAX_ERROR.to_owned(),
            message: message.to_owned(),
            place: Place {
                file: Some(file.to_owned()),
                pointer: None,
                span: Some(Span { line, column: 3, offset: line * 10, length: 1 }),
            },
            help: None,
            inherited: false,
        }
    }

    #[test]
    fn what_says_nothing_is_given_the_words_of_the_other_for_its_file() {
        let others =
            [at("a.py", 9, "later"), at("a.py", 2, "expected a name"), at("b.py", 1, "of another file")];
        let mut findings = [at("a.py", 2, VAGUE), at("b.py", 4, VAGUE), at("c.py", 1, VAGUE)];
        add(&mut findings, &others);
        let helps = findings.map(|finding| finding.help);
        assert_eq!(helps[0].as_deref(), Some("another parser says: expected a name"));
        assert_eq!(helps[1].as_deref(), Some("another parser says at 1:3: of another file"));
        assert_eq!(helps[2], None, "the other parser has nothing to say of it");
    }

    #[test]
    fn what_says_something_is_left_as_it_is() {
        let mut findings = [at("a.py", 2, "'(' was never closed")];
        add(&mut findings, &[at("a.py", 2, "expected `)`")]);
        assert_eq!(findings[0].help, None);
    }
}
