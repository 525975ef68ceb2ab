use super::*;
use crate::json::{Document, ReadLimits};

fn kind(text: &str, path: &str) -> Kind {
    Kind::of(Document::parse(text, &ReadLimits::DEFAULT).unwrap().root(), path)
}

#[test]
fn a_kind_is_told_by_its_fields() {
    for (text, wanted) in [
        (r#"{"spec_version": "2.0", "requirements": {}, "questions": []}"#, Kind::QualityTemplate),
        (r#"{"graph_model": {}, "version": 2}"#, Kind::QualityTemplate),
        (r#"{"spec_version": "2.0", "extends": [], "requirements": {}}"#, Kind::QualityStandard),
        (r#"{"spec_version": "2.0", "extends": ["a"], "changelog": {}}"#, Kind::QualityTemplate),
        (r#"{"spec_version": "1.0", "phase": "research", "requirements": {}}"#, Kind::QualityStandard),
        (r#"{"spec_version": "1.0", "type": "composite", "extends": ["a", "b"]}"#, Kind::Composite),
        (r#"{"artifact_type": "quality_template", "identifier": "x", "content": {}}"#, Kind::Artifact),
        (r#"{"category": "base", "content": {"type": "code"}}"#, Kind::Base),
        (r#"{"$schema": "../UNIFIED_TEMPLATE_SCHEMA.json", "id": "x"}"#, Kind::Base),
        (r#"{"$schema": "https://example.org/template/v1", "type": "workspace"}"#, Kind::CodePattern),
        (r#"{"ai_signature": {}, "template_content": "x", "steps": []}"#, Kind::Generator),
        (r#"{"detector_signatures": {}, "generated_files": [{"path": "a"}]}"#, Kind::Generator),
        (r#"{"name": "Kafka", "detector_signatures": {}}"#, Kind::Detector),
        (r#"{"language": "go", "style_guide": {}}"#, Kind::LanguageGuide),
        (r#"{"pattern_id": "x", "cwe": "CWE-1", "severity": "high"}"#, Kind::Vulnerability),
        (r#"{"framework_id": "x", "security_settings": []}"#, Kind::FrameworkSecurity),
        (r#"{"framework_id": "x", "compliance_controls": []}"#, Kind::Compliance),
        (r#"{"id": "x", "indicators": [], "llm_team_validation": {}}"#, Kind::ArchitecturePattern),
        (r#"{"pattern_id": "x", "severity": "high"}"#, Kind::Smell),
        (r#"{"pattern_id": "x", "artifact_type": "package_intelligence"}"#, Kind::PackageIntelligence),
        (r#"{"id": "x", "snippets": {}}"#, Kind::Snippet),
        (r#"{"id": "x", "prompt_template": "x"}"#, Kind::Prompt),
        (r#"{"id": "x", "phase": 1, "instruction": "x"}"#, Kind::Workflow),
        (r#"{"template_registry": {}, "_metadata_type": "schema"}"#, Kind::Registry),
        (r#"{"templates": [], "generated_at": "x"}"#, Kind::Manifest),
        (r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#, Kind::Schema),
        (r#"{"type": "object", "properties": {}}"#, Kind::Schema),
        ("{}", Kind::Other),
        ("[]", Kind::Other),
    ] {
        assert_eq!(kind(text, "x.json"), wanted, "{text}");
    }
}

#[test]
fn a_path_decides_between_like_shapes() {
    let text = r#"{"id": "x", "template_content": "x", "ai_signature": {}}"#;
    assert_eq!(kind(text, "patterns/x.json"), Kind::Generator);
    assert_eq!(kind(text, "prompt_library/x.json"), Kind::Prompt);
    assert_eq!(kind(text, "a/workflows/sparc/x.json"), Kind::Workflow);
    assert_eq!(kind(text, "a/workflows"), Kind::Generator);
}

#[test]
fn kinds_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}
