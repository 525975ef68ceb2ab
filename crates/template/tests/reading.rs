//! What a guest's input is read as, held against `serde_json`.

use genesis_abi::{Input, ReadCaps, RenderInput, Subject, TemplateText, ValidateInput, json_string};
use proptest::prelude::*;
use serde_json::json;

/// What `serde_json` reads of the string that begins with `rest`.
fn string_by_serde(rest: &str) -> Option<(String, usize)> {
    let text = format!("\"{rest}");
    let mut stream = serde_json::Deserializer::from_str(&text).into_iter::<String>();
    let read = stream.next()?.ok()?;
    Some((read, stream.byte_offset() - 1))
}

fn string_pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-z ]{0,9}",
        2 => prop::sample::select(vec!["é", "😀", "\u{7f}", "\u{80}", "\u{7ff}"]).prop_map(str::to_owned),
        6 => prop::sample::select(vec![r"\n", r#"\""#, r"\\", r"\/", r"\t", r"\b", r"\f", r"\r"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![r"\u00e9", r"\u0000", r"\uD83D\uDE00", r"\uFFFF"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "\"", "\n", "\u{1f}", r"\", r"\x", r"\u12", r"\u12G4", r"\uD83D", r"\uDE00", r"\uD83D\u0041", r"\uD83Dx", r"\u+123",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn template(text: &str) -> TemplateText {
    TemplateText { path: "t.json".to_owned(), text: text.to_owned(), ..TemplateText::default() }
}

fn inputs() -> Vec<Input> {
    let mut with_parts = template("{\n  \"name\": \"é \\u00e9 😀\\\\\"\n}\t");
    with_parts.parts.insert("a/b.hbs".to_owned(), "{{x}}\r\n\u{0}\u{1f}".to_owned());
    let validate = ValidateInput {
        template: with_parts.clone(),
        baseline: Some(template("")),
        profile: "strict".to_owned(),
        promoted: serde_json::from_value(json!([{"version": "1.0.0", "digest": "d"}])).expect("a version"),
    };
    let answers = json!({
        "n": null, "t": true, "f": [false, [], {}], "i": -12, "u": u64::MAX, "m": i64::MIN, "x": 1.5e-3, "s": {"a": "b\"c"},
    });
    let render = RenderInput {
        template: with_parts,
        answers: answers.as_object().expect("an object").clone(),
        output_bytes: 1 << 40,
    };
    let read = Some(ReadCaps { bytes: 1, depth: 2, nodes: 3 });
    let code =
        json!({"abi": 1, "subject": {"code": {"analysis": "syntax", "language": "rust", "files": []}}});
    let case =
        json!({"abi": 1, "subject": {"case": {"case": "c", "answers": {}, "files": [], "language": null}}});
    let mut inputs = vec![
        Input { abi: 1, read, subject: Subject::Template(validate) },
        Input { abi: 1, read: None, subject: Subject::Render(render) },
    ];
    inputs.extend([code, case].map(|input| serde_json::from_value(input).expect("it is an input")));
    inputs
}

#[test]
fn an_input_is_read_as_it_was_written() {
    let inputs = inputs();
    assert_eq!(inputs.len(), 4);
    for input in inputs {
        for text in [serde_json::to_string(&input), serde_json::to_string_pretty(&input)] {
            let text = text.expect("an input can be written");
            assert_eq!(Input::from_json(text.as_bytes()).as_ref(), Ok(&input), "{text}");
            assert_eq!(serde_json::from_str::<Input>(&text).ok().as_ref(), Some(&input));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn strings_are_read_as_serde_json_reads_them(rest in string_pieces(), closed in any::<bool>()) {
        let rest = if closed { rest + "\" and more" } else { rest };
        prop_assert_eq!(json_string::read(&rest).ok(), string_by_serde(&rest));
    }

    #[test]
    fn blanks_are_counted_as_byte_by_byte(text in prop_oneof!["[ ]{0,40}x?", "[ \n]{0,40}"]) {
        let blanks = text.bytes().take_while(|byte| *byte == b' ').count();
        prop_assert_eq!(json_string::blanks(text.as_bytes()), blanks);
    }

    #[test]
    fn damaged_inputs_are_read_as_serde_json_reads_them(
        which in 0_usize..4,
        pretty in any::<bool>(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..3,
        piece in prop::sample::select(vec![
            "", "\"", "{", "}", "[", "]", ",", ":", "0", "-", ".5", "e9", "1e400", "null", "true", "\\", "\\n", " ", "\n", "\u{1}", "a",
        ]),
    ) {
        let input = &inputs()[which];
        let text = if pretty { serde_json::to_string_pretty(input) } else { serde_json::to_string(input) };
        let mut bytes = text.expect("an input can be written").into_bytes();
        let start = at.index(bytes.len());
        bytes.splice(start..(start + length).min(bytes.len()), piece.bytes());
        let by_serde: Option<Input> = serde_json::from_slice(&bytes).ok();
        prop_assert_eq!(Input::from_json(&bytes).ok(), by_serde);
    }
}
