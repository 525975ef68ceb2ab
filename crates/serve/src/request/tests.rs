use super::*;

const CAPS: LoadCaps = LoadCaps { template_bytes: 400, part_bytes: 40, total_part_bytes: 60, parts: 3 };

fn read(payload: &str) -> Result<RunRequest, Refusal> {
    read_at(payload, None, "S:1")
}

fn read_at(payload: &str, message_id: Option<&str>, origin: &str) -> Result<RunRequest, Refusal> {
    RunRequest::read(Came { payload: payload.as_bytes(), message_id, origin, traceparent: None }, &CAPS)
}

fn refused(payload: &str) -> String {
    read(payload).unwrap_err().to_string()
}

#[test]
fn the_oldest_shape_is_taken_with_the_template_byte_for_byte() {
    let request = read(r#"{"template": {"b": 1,  "a": 2, "a": 3}, "version": "1.0.0"}"#).unwrap();
    assert_eq!(request.candidate.text, r#"{"b": 1,  "a": 2, "a": 3}"#);
    assert_eq!((request.version.as_deref(), request.sender.as_str()), (Some("1.0.0"), "unknown"));
    assert_eq!((request.key.as_str(), request.asked.id), ("S:1", None));
}

#[test]
fn an_envelope_gives_ids_and_is_otherwise_the_same() {
    let request = read(
        r#"{"id": "e-1", "type": "genesis.experiment.run", "schema_version": 1, "producer": "singularity_1",
            "correlation_id": "c", "traceparent": "t", "payload": {"template": "{", "risk_level": "high"}}"#,
    )
    .unwrap();
    assert_eq!((request.candidate.text.as_str(), request.risk), ("{", Some(Risk::High)));
    assert_eq!((request.sender.as_str(), request.key.as_str()), ("singularity_1", "e-1"));
    let asked = Asked {
        id: Some("e-1".to_owned()),
        correlation_id: Some("c".to_owned()),
        traceparent: Some("t".to_owned()),
        envelope: Some(EnvelopeId(Some("e-1".to_owned()))),
    };
    assert_eq!(request.asked, asked);
    let bare = read(r#"{"template": "{", "traceparent": "t"}"#).unwrap().asked;
    assert_eq!((bare.traceparent.as_deref(), bare.envelope), (Some("t"), None));
}

#[test]
fn the_schema_has_the_fields_of_a_request_and_no_others() {
    let schema: serde_json::Value = serde_json::from_str(crate::MESSAGE_SCHEMA).unwrap();
    let properties = schema["$defs"]["experiment_request"]["properties"].as_object().unwrap();
    for field in properties.keys().filter(|field| *field != "template") {
        let told =
            read(&format!(r#"{{"template": {{}}, "{field}": null}}"#)).map_err(|error| error.to_string());
        assert!(!told.clone().is_err_and(|told| told.contains("unknown field")), "{field}: {told:?}");
    }
    let known = refused(r#"{"template": {}, "no such field": null}"#);
    let expected = known.split("expected one of ").nth(1).unwrap();
    let fields: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    assert!(fields.len() > 20, "{known}");
    for field in fields {
        assert!(properties.contains_key(field), "{field} is not in the schema");
    }
}

#[test]
fn one_sender_and_request_is_one_experiment_wherever_it_comes_from() {
    let text = r#"{"experiment_id": "x", "instance_id": "i", "template": {}}"#;
    let (one, again) = (read(text).unwrap(), read_at(text, Some("m"), "S:2").unwrap());
    assert_eq!((one.id, &one.digest), (again.id, &again.digest));
    let text = r#"{"experiment_id":"x","template":{"b":[1,2],"a":1.50},"answers":[{"q":1,"p":2}]}"#;
    let stored =
        r#"{"answers": [{"p": 2, "q": 1}], "template": {"a": 1.50, "b": [1, 2]}, "experiment_id": "x"}"#;
    assert_eq!(read(text).unwrap().digest, read(stored).unwrap().digest, "a queue has stored it");
    assert_ne!(read(text).unwrap().digest, read(&text.replace("[1,2]", "[2,1]")).unwrap().digest);
    assert_ne!(read(text).unwrap().digest, read(&text.replace("\"p\":2", "\"p\":3")).unwrap().digest);
    let other_sender = read(r#"{"experiment_id": "x", "instance_id": "j", "template": {}}"#).unwrap();
    assert_ne!(one.id, other_sender.id);
    let other_content = read(r#"{"experiment_id": "x", "instance_id": "i", "template": {"a": 1}}"#).unwrap();
    assert_eq!(one.id, other_content.id);
    assert_ne!(one.digest, other_content.digest);
    let bare = r#"{"template": {}}"#;
    assert_eq!(read_at(bare, Some("m"), "S:1").unwrap().id, read_at(bare, Some("m"), "S:2").unwrap().id);
    assert_ne!(read_at(bare, None, "S:1").unwrap().id, read_at(bare, None, "S:2").unwrap().id);
}

#[test]
fn what_is_no_request_is_refused_with_what_is_wrong() {
    for (payload, words) in [
        ("not json", "no request"),
        ("[]", "no request"),
        ("null", "no request"),
        ("{}", "no `template`"),
        (r#"{"changes": {"files": ["a"], "description": "x"}}"#, "has `changes`, and no `template`"),
        (r#"{"template": 7}"#, "neither an object nor text"),
        (r#"{"template": {}, "templte": {}}"#, "unknown field `templte`"),
        (r#"{"template": {}, "template": {}}"#, "duplicate field `template`"),
        (r#"{"template": {}, "risk_level": "none"}"#, "unknown variant `none`"),
        (r#"{"template": {}, "profile": "lax"}"#, "`lax` is no profile"),
        (r#"{"template": {}, "template_id": "a/../b"}"#, "must not look like a path"),
        (r#"{"template": {}, "path": "../x.json"}"#, "the path \"../x.json\""),
        (r#"{"template": {}, "parts": {"/etc/passwd": ""}}"#, "the path \"/etc/passwd\""),
        (r#"{"template": {}, "parts": {"a": "", "./a": ""}}"#, "two parts have the path"),
        (
            r#"{"template": {}, "samples": [{"path": "a", "text": ""}, {"path": "a", "text": ""}]}"#,
            "two samples",
        ),
        (r#"{"template": {}, "timeout_ms": -1}"#, "invalid value"),
        (r#"{"template": {}, "experiment_id": ""}"#, "experiment_id is empty"),
        (r#"{"schema_version": 2, "payload": {"template": {}}}"#, "schema version \"2\""),
        (r#"{"schema_version": "9.1", "payload": {"template": {}}}"#, "schema version \"9.1\""),
        (r#"{"schema_version": 1, "type": "llm.request", "payload": {}}"#, "type \"llm.request\""),
        (r#"{"schema_version": 1}"#, "no payload"),
    ] {
        let told = refused(payload);
        assert!(told.starts_with("INVALID_REQUEST: ") && told.contains(words), "{payload}: {told}");
    }
    let not_text = Came { payload: b"\xff", message_id: None, origin: "S:1", traceparent: None };
    assert!(RunRequest::read(not_text, &CAPS).unwrap_err().reason.contains("not UTF-8"));
}

#[test]
fn every_cap_of_the_policy_holds() {
    let x = |count: usize| "x".repeat(count);
    assert!(refused(&format!(r#"{{"template": "{}"}}"#, x(401))).contains("key `template_bytes`"));
    assert!(
        refused(&format!(r#"{{"template": "", "parts": {{"a": "{}"}}}}"#, x(41))).contains("`part_bytes`")
    );
    let parts = format!(r#"{{"template": "", "parts": {{"a": "{0}", "b": "{0}"}}}}"#, x(31));
    assert!(refused(&parts).contains("`total_part_bytes`"));
    let parts = r#"{"template": "", "parts": {"a": "", "b": "", "c": "", "d": ""}}"#;
    assert!(refused(parts).contains("there are 4 parts, the policy allows 3"));
    assert!(refused(&x(2 << 20)).contains("the message has 2097152 bytes"));
    let deep =
        format!(r#"{{"template": {{}}, "answers": [{{"a": {}{}}}]}}"#, "[".repeat(9000), "]".repeat(9000));
    assert!(refused(&deep).contains("recursion limit"));
}
