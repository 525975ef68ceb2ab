//! How each format looks, what it counts, and where it stops.

use std::collections::BTreeMap;

use genesis_abi::Severity;
use genesis_report::{
    ChangedLines, EntryResult, Gate, GateEntry, Style, github, github_summary, human_gate, junit, markdown,
    ndjson_gate, sarif,
};
use insta::assert_snapshot;
use serde_json::Value;

use crate::fixture;
use crate::gates::{checked, mixed, one};

const PLAIN: Style = Style { color: false, width: 100 };

#[test]
fn several_templates_for_people() {
    assert_snapshot!(mixed(|gate| human_gate(gate, &PLAIN)));
}

#[test]
fn several_templates_as_tests() {
    assert_snapshot!(mixed(junit));
}

#[test]
fn several_templates_for_code_scanning() {
    assert_snapshot!(mixed(sarif));
}

#[test]
fn several_templates_as_annotations() {
    assert_snapshot!(mixed(github));
}

#[test]
fn several_templates_in_a_review() {
    assert_snapshot!(mixed(markdown));
}

#[test]
fn several_templates_line_by_line() {
    assert_snapshot!(mixed(ndjson_gate));
}

#[test]
fn a_merge_in_a_review_is_short() {
    let text = one(&fixture::merge_with_change(), markdown);
    assert!(text.lines().count() < 35, "{text}");
    assert_snapshot!(text);
}

#[test]
fn checked_files_in_every_format() {
    let shown = [checked(markdown), checked(github), checked(junit), checked(ndjson_gate)].join("\n----\n");
    assert_snapshot!(shown);
}

#[test]
fn nothing_to_judge_is_said_in_every_format() {
    let lines = ChangedLines::new();
    let gate = Gate {
        decision: None,
        entries: &[],
        skipped: &[],
        concerns: &[],
        base: None,
        head: None,
        changed_lines: &lines,
        codes: &[],
    };
    assert!(human_gate(&gate, &PLAIN).starts_with("NOTHING TO JUDGE\n"));
    assert!(markdown(&gate).starts_with("## Genesis: nothing to judge\n"));
    assert!(github(&gate).starts_with("genesis: NOTHING TO JUDGE, 0 templates\n"));
    assert!(junit(&gate).contains("<testsuites name=\"genesis\" tests=\"0\""));
    let log: Value = serde_json::from_str(&sarif(&gate)).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
    assert!(ndjson_gate(&gate).lines().last().unwrap().contains("\"decision\":null"));
}

/// A template with many errors, each with a message of its own.
fn many<T>(count: usize, look: impl FnOnce(&Gate<'_>) -> T) -> T {
    let mut experiment = fixture::rollback_with_findings();
    let mut first = experiment.evidence.findings[0].clone();
    experiment.evidence.findings.clear();
    for index in 0..count {
        first.message = format!("error {index} {}", "long ".repeat(20));
        experiment.evidence.findings.push(first.clone());
    }
    one(&experiment, look)
}

/// Many templates with errors.
fn wide<T>(count: usize, look: impl FnOnce(&Gate<'_>) -> T) -> T {
    let experiment = many(30, |gate| match gate.entries[0].result {
        EntryResult::Judged { experiment, .. } => experiment.clone(),
        _ => unreachable!("it is judged"),
    });
    let (files, lines, thresholds) = (BTreeMap::new(), ChangedLines::new(), fixture::thresholds());
    let paths: Vec<String> = (0..count).map(|index| format!("templates/{index}.json")).collect();
    let entries: Vec<GateEntry<'_>> = paths
        .iter()
        .map(|path| GateEntry {
            path,
            change: genesis_report::Change::Modified,
            result: EntryResult::Judged { experiment: &experiment, thresholds: &thresholds, cached: false },
            files: &files,
        })
        .collect();
    look(&Gate {
        decision: Some(experiment.verdict.decision),
        entries: &entries,
        skipped: &[],
        concerns: &[],
        base: None,
        head: None,
        changed_lines: &lines,
        codes: &[],
    })
}

#[test]
fn a_log_has_at_most_a_thousand_results_and_says_what_it_left_out() {
    let of = |count| -> Value { serde_json::from_str(&many(count, sarif)).unwrap() };
    // One result is the verdict, one the finding that only the baseline has.
    let fits = of(998);
    assert_eq!(fits["runs"][0]["results"].as_array().unwrap().len(), 1_000);
    assert!(!fits.to_string().contains("results-left-out"));
    let cut = of(5_000);
    let results = cut["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1_000);
    let last = results.last().unwrap();
    assert_eq!(last["ruleId"], "results-left-out");
    assert!(last["message"]["text"].as_str().unwrap().starts_with("4003 more results are left out"));
    assert_eq!(results[0]["ruleId"], "verdict");
}

#[test]
fn a_comment_fits_and_says_what_it_left_out() {
    let text = wide(60, markdown);
    assert!(text.len() <= 65_536 && text.len() > 50_000, "{} bytes", text.len());
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("_Left out here: ") && last.contains("65,536"), "{last}");
    // 30 findings a template, of which 20 are shown at most: what is shown and what is left out is all there is.
    let shown = text.matches("error[T0203]").count();
    let left_out: usize = last
        .trim_start_matches("_Left out here: ")
        .split(' ')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    assert_eq!(shown + left_out, 60 * 30);
    let summary = wide(60, github_summary);
    assert!(summary.len() <= 1 << 20 && summary.len() > text.len());
    let huge = wide(3_000, github_summary);
    assert!(huge.len() <= 1 << 20 && huge.ends_with("has all._\n"), "{} bytes", huge.len());
}

#[test]
fn a_fence_that_was_begun_is_ended_wherever_a_page_is_cut() {
    for count in [1, 17, 43, 61] {
        let text = wide(count, markdown);
        let fences = text.lines().filter(|line| line.starts_with("```")).count();
        assert_eq!(fences % 2, 0, "{count} templates");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}

#[test]
fn ten_annotations_of_a_level_are_written_and_the_rest_is_counted() {
    let text = many(50, github);
    assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(text.contains("41 annotations are left out here"), "{text}");
}

#[test]
fn what_stands_on_a_changed_line_is_annotated_first() {
    let text = mixed(github);
    let errors: Vec<&str> =
        text.lines().filter(|line| line.starts_with("::error ") && line.contains("title=T0")).collect();
    // T0401 is on line 4, which the change touches; T0203 on line 3, which it does not.
    assert!(errors[0].contains("title=T0401") && errors[0].contains(",line=4,"), "{errors:?}");
    assert!(errors[1].contains("title=T0203"), "{errors:?}");
}

fn fingerprints(text: &str) -> Vec<String> {
    let log: Value = serde_json::from_str(text).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn fingerprints_survive_shifted_lines_and_list_entries_and_tell_results_apart() {
    let mut experiment = fixture::rollback_with_findings();
    let twice = experiment.evidence.findings[0].clone();
    experiment.evidence.findings.push(twice);
    let before = one(&experiment, sarif);
    for finding in &mut experiment.evidence.findings {
        if let Some(span) = &mut finding.place.span {
            span.line += 40;
            span.offset += 1_000;
        }
        finding.message = finding.message.replace("2.3.0", "2.30.1");
    }
    experiment.measured_us += 1;
    let after = one(&experiment, sarif);
    assert_ne!(before, after);
    let (mut before, after) = (fingerprints(&before), fingerprints(&after));
    assert_eq!(before, after);
    let all = before.len();
    before.sort_unstable();
    before.dedup();
    assert_eq!(before.len(), all, "two results have one fingerprint");
}

#[test]
fn results_say_whether_the_baseline_has_them_too() {
    let states = |text: &str| -> Vec<String> {
        let log: Value = serde_json::from_str(text).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["baselineState"].as_str().unwrap_or("none").to_owned()).collect()
    };
    let rollback = states(&one(&fixture::rollback_with_findings(), sarif));
    assert_eq!(rollback.iter().filter(|state| *state == "absent").count(), 1);
    assert_eq!(rollback.iter().filter(|state| *state == "new").count(), 5);
    assert_eq!(states(&one(&fixture::adaptations_with_inherited(), sarif)), ["new", "unchanged"]);
    assert_eq!(states(&checked(sarif)), ["none"]);
}

#[test]
fn a_merge_has_no_result_and_no_failure() {
    for experiment in [fixture::merge_with_change(), fixture::merge_first_version()] {
        let log: Value = serde_json::from_str(&one(&experiment, sarif)).unwrap();
        assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
        let xml = one(&experiment, junit);
        assert!(xml.contains("tests=\"22\" failures=\"0\" errors=\"0\""), "{xml}");
        let text = one(&experiment, github);
        assert!(!text.contains("::"), "{text}");
    }
}

#[test]
fn what_was_not_measured_is_an_error_and_never_a_pass() {
    let xml = one(&fixture::inconclusive_out_of_fuel(), junit);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let errors: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("error"))
        .map(|node| node.parent_element().unwrap().attribute("name").unwrap())
        .collect();
    assert_eq!(errors, ["verdict", "case port=3", "case port=4"]);
}

#[test]
fn an_error_that_the_policy_waives_fails_no_test() {
    let mut experiment = fixture::merge_with_change();
    experiment.evidence.findings = fixture::rollback_with_findings().evidence.findings;
    let xml = one(&experiment, junit);
    assert!(xml.contains("failures=\"0\" errors=\"0\"") && xml.contains("error[T0203]"), "{xml}");
}

#[test]
fn a_finding_of_a_rendered_file_is_told_at_the_template() {
    let mut experiment = fixture::rollback_with_findings();
    experiment.evidence.findings.truncate(3);
    let finding = &experiment.evidence.findings[2];
    assert_eq!(
        (finding.severity, finding.place.file.as_deref()),
        (Severity::Warning, Some("partials/head.hbs"))
    );
    let log: Value = serde_json::from_str(&one(&experiment, sarif)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "T0602").unwrap();
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "templates/service.json");
    assert_eq!(place["region"], Value::Null);
    assert_eq!(result["properties"]["file"], "partials/head.hbs");
}
