use super::*;
use crate::json::{Document, ReadLimits};

#[test]
fn two_parts_stand_for_three() {
    assert_eq!(read("2.1").unwrap(), Reading { version: Version::new(2, 1, 0), two_part: true });
    assert_eq!(read("2.1.1").unwrap(), Reading { version: Version::new(2, 1, 1), two_part: false });
    assert_eq!(normalised("2.0").as_deref(), Some("2.0.0"));
    assert!(!read("1.0.0-rc.1+build").unwrap().two_part);
}

#[test]
fn what_cannot_be_compared_is_no_version() {
    for (text, error) in [
        ("2022", VersionError::OneNumber),
        ("2", VersionError::OneNumber),
        ("", VersionError::Malformed),
        ("latest", VersionError::Malformed),
        ("v1.0.0", VersionError::Malformed),
        ("1.0.0.0", VersionError::Malformed),
        ("1.x", VersionError::Malformed),
        ("1.-1", VersionError::Malformed),
        ("1.", VersionError::Malformed),
        ("01.0", VersionError::Malformed),
        ("1.99999999999999999999999", VersionError::Malformed),
        (" 1.0.0", VersionError::Malformed),
    ] {
        assert_eq!(read(text), Err(error), "{text}");
    }
    assert_eq!(read(&"1".repeat(1_000_000)), Err(VersionError::Malformed));
}

#[test]
fn the_fields_have_an_order() {
    let precedence = |text: &str| {
        let document = Document::parse(text, &ReadLimits::DEFAULT).unwrap();
        fields(document.root()).map(|field| field.name()).collect::<Vec<_>>()
    };
    assert_eq!(
        precedence(
            r#"{"metadata": {"spec_version": "4", "version": "3"}, "version": "2", "spec_version": "1"}"#
        ),
        ["spec_version", "version", "metadata.version", "metadata.spec_version"]
    );
    assert_eq!(precedence(r#"{"spec_version": null, "metadata": {"version": "3"}}"#), ["metadata.version"]);
}
