//! What a guest has to show for a run.

use genesis_abi::{FailedReason, RunOutcome};

use crate::guests::{EMPTY_REPORT, LIMITS, load, run_under, says};

fn failure(stdout: &[u8], stderr: &[u8], code: i32) -> (FailedReason, Option<i32>, String) {
    let run = run_under(&load(&says(stdout, stderr, code)).unwrap(), b"", &LIMITS);
    assert!(run.report.is_none());
    assert_eq!((&run.stdout[..], &run.stderr[..]), (stdout, stderr));
    match run.outcome {
        RunOutcome::Failed { reason, exit_code, excerpt } => (reason, exit_code, excerpt),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_report_and_exit_code_0_complete_a_run() {
    let report =
        br#"{"abi":1,"findings":[{"severity":"error","code":"T1","message":"broken"}],"data":{"x":[1]}}"#;
    let run = run_under(&load(&says(report, b"a log line", 0)).unwrap(), b"", &LIMITS);
    assert_eq!(run.outcome, RunOutcome::Completed);
    let parsed = run.report.unwrap();
    assert_eq!(parsed.findings[0].code, "T1");
    assert_eq!(parsed.data.unwrap().get(), r#"{"x":[1]}"#);
    assert_eq!(run.stderr, b"a log line");
}

#[test]
fn any_other_exit_code_fails_a_run_whatever_it_wrote() {
    for code in [1, 255, -1, 256] {
        let (reason, exit_code, excerpt) = failure(EMPTY_REPORT.as_bytes(), b"", code);
        assert_eq!((reason, exit_code), (FailedReason::ExitCode, Some(code)));
        assert_eq!(excerpt, EMPTY_REPORT);
    }
}

#[test]
fn no_output_is_no_report_and_the_excerpt_is_of_standard_error() {
    let (reason, exit_code, excerpt) = failure(b"", b"panicked at \x1b[1mmain.rs", 0);
    assert_eq!((reason, exit_code), (FailedReason::NoOutput, Some(0)));
    assert_eq!(excerpt, r"panicked at \u{1b}[1mmain.rs");
}

#[test]
fn what_is_not_one_json_document_is_no_report() {
    let twice = EMPTY_REPORT.repeat(2);
    let deep = format!(r#"{{"abi":1,"findings":{}"#, "[".repeat(10_000));
    for bytes in [
        &b"{"[..],
        br#"{"abi":1,"findings":["#,
        twice.as_bytes(),
        b"\xff\xfe",
        b"{\"abi\":1,\"findings\":[{\"severity\":\"error\",\"code\":\"\xff\",\"message\":\"\"}]}",
        b"   ",
        b"ok",
    ] {
        let (reason, _, _) = failure(bytes, b"", 0);
        assert_eq!(reason, FailedReason::NotJson, "{}", String::from_utf8_lossy(bytes));
    }
    assert!(matches!(failure(deep.as_bytes(), b"", 0).0, FailedReason::NotJson | FailedReason::WrongShape));
}

#[test]
fn json_of_another_shape_is_no_report() {
    for text in [
        r#"{"abi":2,"findings":[]}"#,
        r#"{"findings":[]}"#,
        r#"{"abi":1}"#,
        r#"{"abi":1,"findings":{}}"#,
        r#"{"abi":1,"abi":1,"findings":[]}"#,
        r#"{"abi":1,"findings":[],"findings":[]}"#,
        r#"{"abi":1,"findings":[{"severity":"fatal","code":"","message":""}]}"#,
        "null",
        "[]",
    ] {
        assert_eq!(failure(text.as_bytes(), b"", 0).0, FailedReason::WrongShape, "{text}");
    }
}

#[test]
fn the_excerpt_is_of_the_first_two_kibibytes() {
    let long = vec![b'x'; 10_000];
    assert_eq!(failure(&long, b"", 0).2, "x".repeat(2048));
}

#[test]
fn output_up_to_the_limit_is_kept() {
    let full = vec![b'x'; usize::try_from(LIMITS.stdout_bytes).unwrap()];
    assert_eq!(failure(&full, b"", 0).0, FailedReason::NotJson);
    let more = vec![b'x'; full.len() + 1];
    let run = run_under(&load(&says(&more, b"", 0)).unwrap(), b"", &LIMITS);
    assert_eq!(run.outcome.name(), "output_exceeded");
    assert_eq!(run.stdout, full, "what fits is kept");
}
