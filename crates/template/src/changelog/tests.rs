use super::*;
use crate::json::ReadLimits;

fn entries(text: &str) -> (Vec<(String, Option<String>, bool)>, usize) {
    let document = Document::parse(&format!("{{\"changelog\": {text}}}"), &ReadLimits::DEFAULT).unwrap();
    let changelog = changelog(&document).unwrap();
    let entry = |e: &Entry<'_>| (e.version.to_owned(), e.date().map(str::to_owned), e.tells_changes());
    (changelog.entries.iter().map(entry).collect(), changelog.malformed.len())
}

#[test]
fn a_map_and_a_list_are_read_alike() {
    let wanted =
        vec![("2.0.0".to_owned(), Some("2025-11-02".to_owned()), true), ("1.0.0".to_owned(), None, true)];
    let map = r#"{"2.0.0": {"date": "2025-11-02", "changes": ["x"]}, "1.0.0": {"changes": "y"}}"#;
    let list = r#"[{"version": "2.0.0", "date": "2025-11-02", "changes": ["x"]}, {"version": "1.0.0", "changes": "y"}]"#;
    assert_eq!(entries(map), (wanted.clone(), 0));
    assert_eq!(entries(list), (wanted, 0));
}

#[test]
fn an_entry_may_tell_nothing() {
    for empty in
        ["[]", "[\" \"]", "{\"changes\": []}", "{\"date\": \"2025-11-02\"}", "\"\"", "{\"changes\": [1]}"]
    {
        assert!(!entries(&format!("{{\"1.0.0\": {empty}}}")).0[0].2, "{empty}");
    }
}

#[test]
fn what_is_no_entry_is_set_apart() {
    assert_eq!(entries(r#"{"1.0.0": 5, "0.9.0": null}"#).1, 2);
    assert_eq!(entries(r#"["1.0.0", {"changes": []}, {"version": 1}]"#).1, 3);
    assert_eq!(entries("7").1, 1);
}

#[test]
fn null_is_no_changelog() {
    let document = Document::parse("{\"changelog\": null}", &ReadLimits::DEFAULT).unwrap();
    assert!(changelog(&document).is_none());
}
