use genesis_domain::rfc3339;

use super::*;

const MINUTE_MS: i64 = 60_000;

/// 2026-02-27 22:58:30.250 UTC.
const NOW_MS: i64 = 1_772_233_110_250;

fn shown(time_ms: Option<i64>) -> String {
    time_ms.map_or_else(|| "never".to_owned(), rfc3339)
}

#[test]
fn times_are_those_that_cron_knows_in_utc() {
    for (text, latest, next) in [
        ("0 */6 * * *", "2026-02-27T18:00:00Z", "2026-02-28T00:00:00Z"),
        ("0 1 * * *", "2026-02-27T01:00:00Z", "2026-02-28T01:00:00Z"),
        ("*/15 * * * *", "2026-02-27T22:45:00Z", "2026-02-27T23:00:00Z"),
        ("58 22 27 2 *", "2026-02-27T22:58:00Z", "2027-02-27T22:58:00Z"),
        ("0 0 29 2 *", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("30 4 * * SUN", "2026-02-22T04:30:00Z", "2026-03-01T04:30:00Z"),
        ("*/20 * * * * *", "2026-02-27T22:58:20Z", "2026-02-27T22:58:40Z"),
        ("30 58 22 * * *", "2026-02-27T22:58:30Z", "2026-02-28T22:58:30Z"),
        ("@daily", "2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z"),
    ] {
        let expression = CronExpression::parse(text).unwrap();
        assert_eq!(expression.as_str(), text);
        assert_eq!(shown(expression.latest_until(NOW_MS)), latest, "{text}");
        assert_eq!(shown(expression.next_after(NOW_MS)), next, "{text}");
    }
}

#[test]
fn forwards_and_backwards_the_same_times_are_found() {
    for text in ["*/7 3-5 * * *", "0 0 1 * *", "5,50 */8 * * MON-FRI", "59 23 31 * *"] {
        let expression = CronExpression::parse(text).unwrap();
        let mut time = expression.next_after(NOW_MS).unwrap();
        for _ in 0..200 {
            let next = expression.next_after(time).unwrap();
            assert!(next > time, "{text}");
            assert_eq!(expression.latest_until(next), Some(next), "{text}");
            assert_eq!(
                expression.latest_until(next - 1),
                Some(time),
                "{text}: nothing lies between two times"
            );
            assert_eq!(expression.next_after(next - MINUTE_MS.min(next - time)), Some(next), "{text}");
            time = next;
        }
    }
}

#[test]
fn what_is_no_expression_is_said_with_its_field() {
    for (text, why) in [
        ("", "empty"),
        ("61 * * * *", "field 1 (minutes) is `61`"),
        ("0 24 * * *", "field 2 (hours) is `24`"),
        ("0 0 * 13 *", "field 4 (month) is `13`"),
        ("0 0 * * FOO", "field 5 (day of the week) is `FOO`"),
        ("99 0 0 * * *", "field 1 (seconds) is `99`"),
        ("* * *", "no cron expression"),
        ("0 0 1 1 * 2020 7 8", "no cron expression"),
        ("every day", "no cron expression"),
        ("0 0 30 2 *", "no time ever matches it"),
        ("0 0 \u{1b}[31m * *", "\\u{1b}"),
    ] {
        let error = CronExpression::parse(text).unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains('\u{1b}'), "{text}: {error}");
    }
}

#[test]
fn a_time_that_no_calendar_has_is_no_time() {
    let expression = CronExpression::parse("0 1 * * *").unwrap();
    for time in [i64::MIN, i64::MAX] {
        assert_eq!((expression.latest_until(time), expression.next_after(time)), (None, None));
    }
}

#[test]
fn every_task_has_a_name_and_times_of_its_own() {
    for task in Task::ALL {
        assert_eq!(Task::named(task.as_str()), Some(task));
        CronExpression::parse(task.default_times()).unwrap();
    }
    assert_eq!(Task::named("jobs"), None);
}
