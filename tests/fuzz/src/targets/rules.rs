//! Lint rules in the format of ast-grep.

use genesis_policy::rules_from_yaml;

/// A file of rules.
pub fn rules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (rules, findings) = rules_from_yaml(&text, "rules.yml");
    let again = rules_from_yaml(&text, "rules.yml");
    assert_eq!(format!("{rules:?} {findings:?}"), format!("{:?} {:?}", again.0, again.1));
    assert!(rules.len() <= 500);
    for finding in findings {
        if let Some(span) = finding.place.span {
            assert!(
                span.offset as usize + span.length as usize <= text.len(),
                "{span:?} of {} bytes",
                text.len()
            );
            assert!(text.is_char_boundary(span.offset as usize), "{span:?}");
        }
    }
}
