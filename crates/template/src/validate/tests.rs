use std::fmt::Write as _;
use std::time::Duration;

use genesis_abi::{PromotedVersion, Severity};
use proptest::prelude::*;

use super::*;
use crate::{all_codes, content_digest};

pub(crate) fn text(text: &str) -> TemplateText {
    TemplateText { path: "templates/x.json".to_owned(), text: text.to_owned(), ..TemplateText::default() }
}

pub(crate) fn input(candidate: &str, baseline: Option<&str>) -> ValidateInput {
    ValidateInput {
        template: text(candidate),
        baseline: baseline.map(text),
        profile: "standard".to_owned(),
        promoted: Vec::new(),
    }
}

fn codes_of(input: &ValidateInput) -> Vec<String> {
    validate(input, &ReadLimits::DEFAULT).into_iter().map(|finding| finding.code).collect()
}

/// A template of which everything is right, with one thing replaced.
const GOOD: &str = r#"{
  "id": "python-service",
  "category": "base",
  "version": "1.1.0",
  "metadata": {"name": "Service", "language": "python"},
  "changelog": {
    "1.1.0": {"date": "2025-11-02", "changes": ["asks for a store"]},
    "1.0.0": {"date": "2025-10-01", "changes": ["first version"]}
  },
  "questions": [
    {"name": "cache", "type": "boolean", "default": false},
    {"name": "store", "type": "choice", "choices": ["none", "disk"], "default": "none", "when": "{{cache}}"}
  ],
  "content": {"type": "code", "code": "cache = {{cache}} {{#if store}}{{store}}{{/if}}"}
}"#;

const QUALITY: &str = r#"{"name": "x", "spec_version": "1.0.0", "language": "go", "quality_level": "production",
  "description": "x", "requirements": {}, "prompts": {}, "changelog": {"1.0.0": {"changes": ["first"]}}}"#;

fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from} is in the good template");
    GOOD.replace(from, to)
}

fn quality(from: &str, to: &str) -> String {
    assert!(QUALITY.contains(from), "{from} is in the quality template");
    QUALITY.replace(from, to)
}

/// The next minor version of the good template, with one more thing replaced.
fn next(from: &str, to: &str) -> String {
    let next = GOOD
        .replace(r#""version": "1.1.0""#, r#""version": "1.2.0""#)
        .replace(r#""1.1.0": {"#, r#""1.2.0": {"date": "2025-11-09", "changes": ["more"]}, "1.1.0": {"#);
    assert!(next.contains(from), "{from} is in the next template");
    next.replace(from, to)
}

/// One example a code: what triggers it.
fn examples() -> Vec<(&'static str, ValidateInput)> {
    let alone = |candidate: &str| input(candidate, None);
    let after_good = |candidate: &str| input(candidate, Some(GOOD));
    let store = r#"{"name": "store", "type": "choice", "choices": ["none", "disk"], "default": "none", "when": "{{cache}}"}"#;
    vec![
        ("json-syntax", alone("{\"tags\": [\"a\"}")),
        ("json-duplicate-key", alone(&with(r#""category""#, r#""id": "x", "category""#))),
        ("json-too-deep", alone(&"[".repeat(10_000))),
        ("json-too-large", alone(&format!("\"{}\"", " ".repeat(5 << 20)))),
        ("json-number-range", alone("{\"n\": 1e400}")),
        ("version-invalid", alone(&with(r#""version": "1.1.0""#, r#""version": 2"#))),
        ("version-missing", alone(&with(r#""version": "1.1.0","#, ""))),
        ("changelog-top", alone(&with(r#""version": "1.1.0""#, r#""version": "1.2.0""#))),
        (
            "changelog-dropped",
            input(&quality(r#", "changelog": {"1.0.0": {"changes": ["first"]}}"#, ""), Some(QUALITY)),
        ),
        ("changelog-shape", alone(&with(r#""1.0.0": {"#, r#""1.0.1": 5, "1.0.0": {"#))),
        ("version-not-incremented", after_good(&with("asks for a store", "asks for more"))),
        ("version-decreased", input(GOOD, Some(&next("more", "more")))),
        ("changelog-rewritten", after_good(&next("first version", "another story"))),
        (
            "changelog-reordered",
            input(
                &quality("1.0.0", "1.2.0")
                    .replace(r#"{"changes": ["first"]}"#, r#"["c"], "1.0.0": ["a"], "1.1.0": ["b"]"#),
                Some(
                    &quality("1.0.0", "1.1.0")
                        .replace(r#"{"changes": ["first"]}"#, r#"["b"], "1.0.0": ["a"]"#),
                ),
            ),
        ),
        ("changelog-empty-entry", alone(&with(r#"["asks for a store"]"#, "[]"))),
        ("changelog-not-descending", alone(&with("2025-11-02", "2025-09-01"))),
        ("version-two-part", alone(&with(r#""version": "1.1.0""#, r#""version": "1.1""#))),
        ("version-disagreement", alone(&with(r#""metadata": {"#, r#""metadata": {"version": "1.0.0", "#))),
        ("changelog-absent", alone(&quality(r#", "changelog": {"1.0.0": {"changes": ["first"]}}"#, ""))),
        ("question-shape", alone(&with(r#"{"name": "cache","#, "{"))),
        ("question-duplicate", alone(&with(store, r#"{"name": "cache", "type": "boolean"}"#))),
        ("question-type", alone(&with(r#""boolean""#, r#""enum""#))),
        ("question-choices", alone(&with(r#"["none", "disk"]"#, r#"["none", "none"]"#))),
        ("question-default", alone(&with(r#""default": "none""#, r#""default": "None""#))),
        ("when-forward-reference", alone(&with("{{cache}}\"}", "{{store}}\"}"))),
        ("when-unknown-answer", alone(&with("{{cache}}\"}", "{{cahce}}\"}"))),
        (
            "validator-refuses-defaults",
            alone(&with(
                r#""default": false"#,
                r#""default": false, "validator": "{{#if cache}}true{{else}}false{{/if}}""#,
            )),
        ),
        ("question-removed", after_good(&next(&format!(",\n    {store}"), ""))),
        (
            "question-type-changed",
            after_good(&next(r#""type": "boolean", "default": false"#, r#""type": "number", "default": 0"#)),
        ),
        ("question-choice-removed", after_good(&next(r#"["none", "disk"]"#, r#"["none"]"#))),
        ("question-name", alone(&with(r#""name": "store""#, r#""name": "the store""#))),
        ("field-missing", alone(&with(r#""category": "base","#, r#""category": null,"#))),
        ("field-type", alone(&with(r#""category": "base""#, r#""capabilities": "all", "category": "base""#))),
        ("id-missing", alone(&with(r#""id": "python-service","#, ""))),
        ("id-unusable", alone(&with("python-service", "../../etc/passwd"))),
        ("id-form", alone(&with("python-service", "Python Service"))),
        (
            "schema-claim",
            alone(
                &with(r#""id""#, r#""$schema": "../UNIFIED_TEMPLATE_SCHEMA.json", "id""#)
                    .replace("\"base\"", "\"bases\""),
            ),
        ),
        ("not-a-template", alone(r#"{"template_registry": {}}"#)),
        ("metadata-type", alone(&with(r#""id""#, r#""_metadata_type": "schema", "id""#))),
        ("not-an-object", alone("[]")),
        ("id-changed", after_good(&next("python-service", "python-services"))),
        ("kind-changed", input(r#"{"id": "x"}"#, Some(QUALITY))),
        ("kind-unknown", alone("{}")),
        ("weight-range", alone(&with(r#""id""#, r#""scoring_weights": {"docs": "NaN"}, "id""#))),
        (
            "migration-command",
            alone(&with(r#""id""#, r#""migrations": [{"version": "1.0.0", "command": "rm -rf /"}], "id""#)),
        ),
        (
            "answer-file-version",
            alone(&with(r#""id""#, r#""example_answer_file": {"_template_version": "2.6.0"}, "id""#)),
        ),
        ("profile-unknown", ValidateInput { profile: "lenient".to_owned(), ..alone(GOOD) }),
        ("baseline-unreadable", input(GOOD, Some("{,}"))),
    ]
}

#[test]
fn what_is_right_has_no_finding() {
    for profile in Profile::ALL {
        for (candidate, baseline) in [
            (GOOD.to_owned(), None),
            (QUALITY.to_owned(), None),
            (next("more", "more"), Some(GOOD)),
            (GOOD.to_owned(), Some(GOOD)),
        ] {
            let input = ValidateInput { profile: profile.to_string(), ..input(&candidate, baseline) };
            assert_eq!(validate(&input, &ReadLimits::DEFAULT), [], "{profile} {candidate}");
        }
    }
}

#[test]
fn every_code_of_the_document_has_an_example_that_triggers_it() {
    let examples = examples();
    for code in codes::CODES {
        let example = examples.iter().find(|(name, _)| *name == code.name);
        let (_, input) = example.unwrap_or_else(|| panic!("{} has no example", code.name));
        let found = validate(input, &ReadLimits::DEFAULT);
        assert!(found.iter().any(|finding| finding.code == code.code), "{}: {found:#?}", code.name);
    }
    assert_eq!(examples.len(), codes::CODES.len());
}

#[test]
fn a_messages_words_hold_no_place() {
    for (name, input) in examples() {
        for finding in validate(&input, &ReadLimits::DEFAULT) {
            let words: Vec<_> = finding.message.split([' ', ':', '/', '[', ']']).collect();
            assert!(!words.contains(&"line") && !words.contains(&"column"), "{name}: {}", finding.message);
            if let Some(span) = finding.place.span {
                assert!(span.line > 0 && span.column > 0);
                assert!((span.offset + span.length) as usize <= input.template.text.len());
            }
        }
    }
}

#[test]
fn codes_are_unique_and_documented() {
    let codes: Vec<_> = all_codes().collect();
    let mut names: Vec<_> = codes
        .iter()
        .flat_map(|code| [code.code, code.name])
        .chain(codes.iter().filter_map(|c| c.legacy_name))
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "no two codes share a name");
    for code in codes {
        assert!(
            [code.summary, code.explanation, code.help].iter().all(|words| words.len() > 5),
            "{}",
            code.code
        );
        assert!(code.code.len() == 5 && code.code.starts_with('T'), "{}", code.code);
        assert!(code.severity[0] <= code.severity[1], "{} is no milder in strict", code.code);
        assert_eq!(crate::code(&code.name.to_uppercase()), Some(code));
    }
    for code in codes::CODES {
        assert!(
            code.explanation.len() > 100 && code.explanation.contains('`'),
            "{} shows an example",
            code.code
        );
    }
    assert_eq!(crate::code("T0203").unwrap().name, "changelog-top");
    assert_eq!(crate::code("E-CHANGELOG-TOP").unwrap().code, "T0203");
    assert_eq!(crate::code("T9999"), None);
}

#[test]
fn in_legacy_only_what_is_not_json_is_an_error() {
    for (name, input) in examples() {
        let input = ValidateInput { profile: "legacy".to_owned(), ..input };
        for finding in validate(&input, &ReadLimits::DEFAULT) {
            if finding.severity == Severity::Error {
                assert!(finding.code.starts_with("T01"), "{name}: {finding:?}");
            }
        }
    }
}

#[test]
fn findings_are_sorted_by_place_and_the_same_each_time() {
    let many = with("python-service", "Python").replace("\"disk\"", "\"none\"").replace("1.1.0", "1.1");
    let found = validate(&input(&many, Some(GOOD)), &ReadLimits::DEFAULT);
    assert!(found.len() >= 4);
    let offsets: Vec<_> =
        found.iter().map(|finding| finding.place.span.map_or(0, |span| span.offset)).collect();
    assert!(offsets.is_sorted());
    assert_eq!(found, validate(&input(&many, Some(GOOD)), &ReadLimits::DEFAULT));
}

#[test]
fn what_is_left_out_of_a_flood_is_still_said_and_weighed() {
    let duplicates: String = (0..500).fold(String::new(), |mut out, _| {
        write!(out, "\"k\": 1,").unwrap();
        out
    });
    let found = validate(
        &input(&format!("{{{duplicates}\"id\": \"x\", \"version\": 7}}"), None),
        &ReadLimits::DEFAULT,
    );
    let flood: Vec<_> = found.iter().filter(|finding| finding.code == "T0102").collect();
    assert_eq!(flood.len(), 101);
    let rest = flood.iter().find(|finding| finding.place.span.is_none()).unwrap();
    assert_eq!(
        (rest.severity, rest.message.as_str()),
        (Severity::Error, "399 more findings of T0102 are left out")
    );
    assert!(found.iter().any(|finding| finding.code == "T0707" || finding.code == "T0712"));
}

#[test]
fn a_number_that_was_ever_in_force_is_not_used_for_other_content() {
    let digest = content_digest(&text(GOOD));
    let promoted = |version: &str, digest: &str| PromotedVersion {
        version: version.to_owned(),
        digest: digest.to_owned(),
    };
    let judge = |candidate: &str, promoted: Vec<PromotedVersion>| {
        codes_of(&ValidateInput { promoted, ..input(candidate, None) })
    };
    assert_eq!(judge(GOOD, vec![promoted("1.1.0", &digest), promoted("1.0.0", "sha256:other")]), [""; 0]);
    assert_eq!(judge(GOOD, vec![promoted("1.1.0", "sha256:other")]), ["T0206"]);
    assert_eq!(judge(GOOD, vec![promoted("1.1.0", "sha256:other"), promoted("1.1.0", &digest)]), [""; 0]);
    let two_part = with(r#""version": "1.1.0""#, r#""version": "1.1""#);
    assert!(judge(&two_part, vec![promoted("1.1.0", &digest)]).contains(&"T0206".to_owned()));
}

#[test]
fn a_bare_text_is_judged_by_its_syntax() {
    let judge = |text: &str| {
        let template = TemplateText {
            path: "partials/x.hbs".to_owned(),
            text: text.to_owned(),
            ..TemplateText::default()
        };
        codes_of(&ValidateInput { template, ..input("", None) })
    };
    assert_eq!(judge("{{#if a}}{{b}}{{/if}}"), [""; 0]);
    assert_eq!(judge("{{#if a}}"), ["T0401"]);
}

#[test]
fn ten_thousand_questions_and_a_thousand_choices_are_judged_quickly() {
    let choices: Vec<String> = (0..1_000).map(|n| format!("\"c{n}\"")).collect();
    let questions: Vec<String> = (0..10_000)
        .map(|n| match n {
            0 => format!(r#"{{"name": "q0", "type": "choice", "choices": [{}], "default": "c999"}}"#, choices.join(",")),
            _ => format!(
                r#"{{"name": "q{n}", "type": "boolean", "default": true, "when": "{{{{q{}}}}}", "validator": "{{{{#if q{n}}}}}true{{{{/if}}}}"}}"#,
                n - 1
            ),
        })
        .collect();
    let text = format!(
        r#"{{"id": "x", "category": "base", "version": "1.0.0", "metadata": {{}}, "questions": [{}]}}"#,
        questions.join(",")
    );
    #[expect(clippy::disallowed_methods, reason = "the test is about time")]
    let start = std::time::Instant::now();
    let found = validate(&input(&text, Some(&text.replace("1.0.0", "0.9.0"))), &ReadLimits::DEFAULT);
    assert!(found.iter().all(|finding| !finding.code.starts_with("T03")), "{found:#?}");
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_the_validator_panic(text in any::<String>(), baseline in any::<String>()) {
        validate(&input(&text, Some(&baseline)), &ReadLimits::DEFAULT);
    }

    #[test]
    fn no_replaced_value_makes_the_validator_panic(at in any::<prop::sample::Index>(), with in prop::sample::select(vec![
        "null", "7", "-1e300", "\"\"", "\"{{\"", "\"{{#if x}}\"", "[]", "{}", "[null]", "{\"a\": []}", "true", "\"../x\"",
    ])) {
        let good = Document::parse(GOOD, &ReadLimits::DEFAULT).unwrap();
        let mut spans = Vec::new();
        collect(good.root(), &mut spans);
        let span = spans[at.index(spans.len())];
        let damaged = format!("{}{with}{}", &GOOD[..span.offset as usize], &GOOD[span.end() as usize..]);
        for (candidate, baseline) in [(damaged.as_str(), GOOD), (GOOD, damaged.as_str())] {
            validate(&input(candidate, Some(baseline)), &ReadLimits::DEFAULT);
        }
    }
}

fn collect(node: &crate::Node, spans: &mut Vec<crate::TextRange>) {
    spans.push(node.span);
    for entry in node.as_array().unwrap_or_default() {
        collect(entry, spans);
    }
    for member in node.as_object().unwrap_or_default() {
        collect(&member.value, spans);
    }
}
