//! Validates a template: JSON, structure by kind, version, changelog, questions, template syntax, composition, and
//! the candidate against the version in force.

use genesis_guest_sdk::{Input, Report, Subject, guest};
use genesis_template::ReadLimits;

guest! {
    manifest: r#"{"name":"validate-template","version":"1.0.0","abi":1,"applies":"template","description":"JSON, structure by kind, version, changelog, questions, template syntax, references, and the change against the version in force"}"#,
    run: validate,
}

fn validate(input: Input) -> Result<Report, String> {
    let limits = input.read.map_or(ReadLimits::DEFAULT, |caps| ReadLimits {
        bytes: saturated(caps.bytes),
        depth: saturated(caps.depth),
        nodes: saturated(caps.nodes),
    });
    match input.subject {
        Subject::Template(given) => Ok(Report::new(genesis_template::validate(&given, &limits))),
        Subject::Render(_) | Subject::Case(_) | Subject::Code(_) => {
            Err("validate-template takes a template".to_owned())
        }
    }
}

fn saturated(cap: u64) -> usize {
    usize::try_from(cap).unwrap_or(usize::MAX)
}
