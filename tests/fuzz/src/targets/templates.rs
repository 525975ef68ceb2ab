//! Templates with what they draw in, and what stands in force.

use std::collections::BTreeMap;

use genesis_abi::{Finding, RenderInput, TemplateText, ValidateInput};
use genesis_template::{
    CaseOptions, Profile, ReadLimits, Selection, answers_for_baseline, canonically_equal, check_hbs,
    content_digest, lint_rules, outline, part_requests, plan_cases, references, render, validate,
    variables_of,
};

const LIMITS: ReadLimits = ReadLimits { bytes: 1 << 20, depth: 64, nodes: 100_000 };

/// Parts of the input stand between bytes of 255, which no text holds: the template, the one in force, and files that
/// are drawn in, each with its path on its first line.
pub fn templates(data: &[u8]) {
    let mut pieces =
        data.split(|byte| *byte == 0xff).map(|piece| String::from_utf8_lossy(piece).into_owned());
    let text = pieces.next().unwrap_or_default();
    let baseline = pieces.next().filter(|text| !text.is_empty());
    let parts: BTreeMap<String, String> = pieces
        .take(8)
        .map(|piece| match piece.split_once('\n') {
            Some((path, text)) => (path.to_owned(), text.to_owned()),
            None => (piece, String::new()),
        })
        .collect();
    let of = |text: String| TemplateText { path: "a/template.json".to_owned(), text, parts: parts.clone() };
    let candidate = of(text);
    let baseline = baseline.map(of);

    let mut strictness = Vec::new();
    for profile in [Profile::Legacy, Profile::Standard, Profile::Strict] {
        let input = ValidateInput {
            template: candidate.clone(),
            baseline: baseline.clone(),
            profile: profile.as_str().to_owned(),
            promoted: Vec::new(),
        };
        let findings = validate(&input, &LIMITS);
        assert_eq!(findings, validate(&input, &LIMITS));
        for finding in &findings {
            within(finding, &candidate);
        }
        strictness.push(findings);
    }
    for (path, text) in &candidate.parts {
        for finding in &check_hbs(path, text) {
            within(finding, &candidate);
        }
    }
    assert_eq!(content_digest(&candidate), content_digest(&candidate));
    assert!(canonically_equal(&candidate, &candidate));
    let _ = outline(&candidate, &LIMITS);
    let _ = references(&candidate);
    let _ = variables_of(&candidate);
    assert!(part_requests(&candidate).len() <= 100_000);
    if let Ok(value) = serde_json::from_str(&candidate.text) {
        let _ = lint_rules(&value, "python");
    }
    cases(&candidate, baseline.as_ref());
}

fn cases(candidate: &TemplateText, baseline: Option<&TemplateText>) {
    let options = CaseOptions {
        selection: Selection::Pairwise,
        most_cases: 16,
        most_questions: 16,
        most_choices: 8,
        most_answer_bytes: 4096,
        seed: 7,
        recorded: &[],
    };
    let plan = plan_cases(candidate, baseline, &options);
    assert_eq!(plan, plan_cases(candidate, baseline, &options));
    assert!(plan.cases.len() <= 16);
    for case in plan.cases.iter().take(4) {
        let input = RenderInput {
            template: candidate.clone(),
            answers: case.answers.clone(),
            output_bytes: 64 << 10,
        };
        let (findings, rendering) = render(&input);
        assert_eq!((&findings, &rendering), (&render(&input).0, &render(&input).1));
        let bytes: usize = rendering.files.iter().map(|file| file.text.len()).sum();
        assert!(bytes <= 64 << 10, "{bytes} bytes were rendered");
        for finding in &findings {
            within(finding, candidate);
        }
        if let Some(baseline) = baseline {
            let _ = answers_for_baseline(&case.answers, candidate, baseline);
        }
    }
}

/// A finding that points into a text points at characters of it.
fn within(finding: &Finding, template: &TemplateText) {
    let Some(span) = finding.place.span else { return };
    let text = match &finding.place.file {
        None => Some(&template.text),
        Some(file) => template.parts.get(file),
    };
    let Some(text) = text else { return };
    let (from, to) = (span.offset as usize, span.offset as usize + span.length as usize);
    assert!(to <= text.len(), "{finding:?} of {} bytes", text.len());
    assert!(text.is_char_boundary(from) && text.is_char_boundary(to), "{finding:?}");
}
