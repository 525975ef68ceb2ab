use genesis_abi::{Finding, Severity, ValidateInput};

use crate::{ReadLimits, validate};

use super::*;

fn template(version: &str, changelog: &str, questions: &str) -> String {
    format!(
        r#"{{"id": "x", "category": "base", "metadata": {{}}, "version": "{version}", "changelog": {changelog}, "questions": [{questions}]}}"#
    )
}

fn judge(candidate: &str, baseline: &str) -> Vec<Finding> {
    let side = |text: &str| TemplateText {
        path: "x.json".to_owned(),
        text: text.to_owned(),
        ..TemplateText::default()
    };
    let input = ValidateInput {
        template: side(candidate),
        baseline: Some(side(baseline)),
        profile: "standard".to_owned(),
        promoted: Vec::new(),
    };
    validate(&input, &ReadLimits::DEFAULT)
}

fn errors(candidate: &str, baseline: &str) -> Vec<String> {
    let found = judge(candidate, baseline).into_iter().filter(|finding| finding.severity == Severity::Error);
    found.map(|finding| finding.code).collect()
}

#[test]
fn a_version_must_rise() {
    let at = |version: &str| template(version, &format!("{{\"{version}\": [\"x\"]}}"), "");
    let judged = |new: &str, old: &str| {
        let candidate = template(new, &format!("{{\"{new}\": [\"y\"], \"{old}\": [\"x\"]}}"), "");
        errors(&candidate, &at(old))
    };
    assert_eq!(judged("1.0.1", "1.0.0"), [""; 0]);
    assert_eq!(judged("1.10.0", "1.9.0"), [""; 0]);
    assert_eq!(judged("2.1.1", "2.1"), [""; 0]);
    assert_eq!(judged("1.0.0", "1.0.0-rc.1"), [""; 0]);
    assert!(judged("1.9.0", "1.10.0").contains(&"T0207".to_owned()));
    assert!(judged("1.0.0-rc.1", "1.0.0").contains(&"T0207".to_owned()));
    assert!(judged("1.0.0+b", "1.0.0+a").contains(&"T0206".to_owned()));
    assert!(judged("2.1", "2.1.0").contains(&"T0206".to_owned()));
}

#[test]
fn a_version_that_is_none_is_compared_as_written() {
    let at = |version: &str, id: &str| {
        format!(r#"{{"id": "{id}", "category": "base", "metadata": {{}}, "version": {version}}}"#)
    };
    assert_eq!(errors(&at("2", "x"), &at("2", "x")), ["T0201"]);
    let changed = at("2", "x").replace("\"category\"", "\"name\": \"x\", \"category\"");
    assert_eq!(errors(&changed, &at("2", "x")), ["T0201", "T0206"]);
    assert_eq!(errors(&at("\"3.0.0\"", "x"), &at("2", "x")), [""; 0]);
    let none = r#"{"id": "x", "category": "base", "metadata": {}}"#;
    assert_eq!(errors(none, &at("\"1.0.0\"", "x")), ["T0207"]);
}

#[test]
fn older_changelog_entries_stay_as_they_were() {
    let old = template("1.1.0", r#"{"1.1.0": {"date": "2025-01-02", "changes": ["b"]}, "1.0": ["a"]}"#, "");
    let judged = |changelog: &str| errors(&template("1.2.0", changelog, ""), &old);
    assert_eq!(
        judged(r#"{"1.2.0": ["c"], "1.1.0": {"date": "2025-01-02", "changes": ["b"]}, "1.0": ["a"]}"#),
        [""; 0]
    );
    assert_eq!(
        judged(r#"{"1.2.0": ["c"], "1.1.0": {"changes": ["b"], "date": "2025-01-02"}, "1.0.0": ["a"]}"#),
        [""; 0]
    );
    assert_eq!(
        judged(
            r#"[{"version": "1.2.0", "changes": ["c"]}, {"version": "1.1.0", "date": "2025-01-02", "changes": ["b"]},
                {"version": "1.0", "changes": ["a"]}]"#
        ),
        [""; 0]
    );
    assert_eq!(judged(r#"{"1.2.0": ["c"], "1.0": ["a"]}"#), ["T0208"]);
    assert_eq!(
        judged(r#"{"1.2.0": ["c"], "1.1.0": {"date": "2025-01-03", "changes": ["b"]}, "1.0": ["a"]}"#),
        ["T0208"]
    );
    assert_eq!(
        judged(r#"{"1.2.0": ["c"], "1.0": ["a"], "1.1.0": {"date": "2025-01-02", "changes": ["b"]}}"#),
        ["T0209"]
    );
    assert_eq!(judged(r#"{"1.1.0": {"date": "2025-01-02", "changes": ["b"]}, "1.0": ["a"]}"#), ["T0203"]);
    assert_eq!(
        judged(r#"{"1.2.0": [], "1.1.0": {"date": "2025-01-02", "changes": ["b"]}, "1.0": ["a"]}"#),
        ["T0210"]
    );
    assert_eq!(judged("{}"), ["T0203", "T0208", "T0208"]);
    assert_eq!(judged("null"), ["T0204"]);
}

#[test]
fn answers_that_were_recorded_stay_answers() {
    let old = r#"{"name": "a", "type": "bool", "default": true},
        {"name": "b", "type": "choice", "choices": ["x", "y"], "default": "x"}"#;
    let judged = |version: &str, questions: &str| {
        let candidate =
            template(version, &format!("{{\"{version}\": [\"n\"], \"1.0.0\": [\"o\"]}}"), questions);
        errors(&candidate, &template("1.0.0", "{\"1.0.0\": [\"o\"]}", old))
    };
    let added = format!(r#"{{"name": "new", "type": "boolean"}}, {old}"#);
    assert_eq!(judged("1.1.0", &added), [""; 0]);
    assert_eq!(judged("1.1.0", &old.replace("bool", "boolean")), [""; 0]);
    assert_eq!(judged("1.1.0", &old.replace(r#"["x", "y"]"#, r#"{"Y": "y", "X": "x", "Z": "z"}"#)), [""; 0]);
    for (questions, code) in [
        (old.replace(r#""name": "a""#, r#""name": "c""#), "T0309"),
        (String::new(), "T0309"),
        (old.replace("\"bool\", \"default\": true", "\"str\""), "T0310"),
        (old.replace(r#""x", "y""#, r#""x", "z""#), "T0311"),
        (
            old.replace(
                r#""type": "bool", "default": true"#,
                r#""type": "bool", "default": true, "choices": [true]"#,
            ),
            "T0311",
        ),
    ] {
        assert!(judged("1.1.0", &questions).iter().all(|found| found == code), "{questions}");
        assert!(judged("1.1.0", &questions).contains(&code.to_owned()), "{questions}");
        assert_eq!(judged("2.0.0", &questions), [""; 0], "{questions}");
    }
}

#[test]
fn the_same_content_is_no_transition() {
    let old = r#"{"id": "x", "category": "base", "metadata": {}, "version": "1.0", "parent_pattern": null}"#;
    let new = r#"{"category": "base", "id": "x", "version": "1.0", "metadata": {}}"#;
    assert_eq!(errors(new, old), [""; 0]);
}
