//! {{name}}: says which lines end in white space. Put your own rule in the place of `look`.

// [template, case]
use genesis_guest_sdk::{Finding, Input, Place, Report, Severity, Span, Subject, guest};
// [code]
use genesis_guest_sdk::{Analysis, CodeReport, Finding, Input, Place, Report, Severity, Span, Subject, guest};
// [end]

guest! {
    manifest: r#"{{manifest}}"#,
    run: check,
}

/// Findings after which the rest is left out: a report has a size limit.
const MOST_FINDINGS: usize = 100;

// [template]
fn check(input: Input) -> Result<Report, String> {
    let Subject::Template(given) = input.subject else {
        return Err("{{name}} takes a template".to_owned());
    };
    let mut findings = Vec::new();
    look(None, &given.template.text, &mut findings);
    for (path, text) in &given.template.parts {
        look(Some(path), text, &mut findings);
    }
    Ok(Report::new(findings))
}
// [case]
fn check(input: Input) -> Result<Report, String> {
    let Subject::Case(given) = input.subject else {
        return Err("{{name}} takes what a case rendered".to_owned());
    };
    let mut findings = Vec::new();
    for file in &given.files {
        look(Some(&file.path), &file.text, &mut findings);
    }
    Ok(Report::new(findings))
}
// [code]
fn check(input: Input) -> Result<Report, String> {
    let Subject::Code(given) = input.subject else {
        return Err("{{name}} takes code".to_owned());
    };
    if given.analysis != Analysis::Lint {
        return Err(format!("{{name}} cannot {} code, it only lints", given.analysis.as_str()));
    }
    let mut findings = Vec::new();
    let mut lines = 0;
    for file in &given.files {
        look(Some(&file.path), &file.text, &mut findings);
        lines += file.text.lines().count() as u64;
    }
    let looked_at = CodeReport {
        by: "{{name}} 0.1.0".to_owned(),
        exact: true,
        files: given.files.len() as u64,
        lines,
        rules: Vec::new(),
        run: None,
    };
    Report::with_data(findings, &looked_at).map_err(|error| format!("cannot write the report: {error}"))
}
// [end]

/// Adds a finding for every line that ends in spaces or tabs. `path` is absent for the template's own document.
fn look(path: Option<&str>, text: &str, findings: &mut Vec<Finding>) {
    let mut offset = 0;
    for (index, line) in text.split('\n').enumerate() {
        let shown = line.strip_suffix('\r').unwrap_or(line);
        let kept = shown.trim_end_matches([' ', '\t']);
        if kept.len() < shown.len() && findings.len() < MOST_FINDINGS {
            findings.push(Finding {
                severity: Severity::Warning,
                code: "trailing-space".to_owned(),
                // No line number: the same defect has the same message wherever it moves to.
                message: "a line ends in white space".to_owned(),
                place: Place {
                    file: path.map(str::to_owned),
                    pointer: None,
                    span: Some(Span {
                        line: number(index + 1),
                        column: number(kept.chars().count() + 1),
                        offset: number(offset + kept.len()),
                        length: number(shown.len() - kept.len()),
                    }),
                },
                help: Some("remove it".to_owned()),
                inherited: false,
            });
        }
        offset += line.len() + 1;
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
