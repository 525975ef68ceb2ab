use proptest::prelude::*;
use serde_json::json;

use super::*;

fn by_engine(text: &str, answers: &Map<String, Value>) -> Result<String, String> {
    let template = engine::compile(text).expect("a simple form is Handlebars");
    engine::evaluate(&template, &Context::from(Value::Object(answers.clone())), MOST_BYTES).map_err(
        |failure| match failure {
            Failure::Missing(_) => "an answer is missing".to_owned(),
            Failure::TooLarge => "its text is too long".to_owned(),
            Failure::Other(words) => words,
        },
    )
}

fn is_plain(condition: &Condition) -> bool {
    matches!(condition.form, Form::Plain(_))
}

#[test]
fn what_questions_ask_is_of_a_simple_form() {
    let answers = json!({"port": 80, "kind": "http", "tls": false, "name": "x"});
    let answers = answers.as_object().expect("an object");
    let cases = [
        ("{{tls}}", "false"),
        ("{{#if (gt port 0)}}true{{else}}a port is positive{{/if}}", "true"),
        ("{{#if (and (eq kind \"http\") (not tls))}}yes{{/if}}", "yes"),
        ("{{#unless tls}}a{{else}}b{{/unless}} {{#if absent}}c{{else if name}}d{{/if}}", "a d"),
        ("{{eq kind 'http'}} {{or tls absent}} {{absent}}.", "true false ."),
    ];
    for (text, wanted) in cases {
        let condition = Condition::new(text).expect(text);
        assert!(is_plain(&condition), "{text}");
        assert_eq!(condition.evaluate(answers).as_deref(), Ok(wanted), "{text}");
        assert_eq!(by_engine(text, answers).as_deref(), Ok(wanted), "{text}");
    }
}

#[test]
fn whatever_is_not_of_a_simple_form_is_the_engines() {
    let texts = [
        "{{#each l}}{{this}}{{/each}}",
        "{{#if x}}\ny{{/if}}",
        "{{#if x includeZero=true}}y{{/if}}",
        "{{x.y}}",
        "{{lookup x \"y\"}}",
        "{{#if (eq (len x) 1)}}y{{/if}}",
        "{{! no }}{{x}}",
        "\\{{x}}",
        "{{~x~}}",
    ];
    for text in texts {
        assert!(!is_plain(&Condition::new(text).expect(text)), "{text}");
    }
}

#[test]
fn a_long_text_ends_an_evaluation_in_a_simple_form_too() {
    let answers = json!({"x": "y".repeat(MOST_BYTES)});
    let answers = answers.as_object().expect("an object");
    assert_eq!(evaluate_text("{{x}}", answers).map(|text| text.len()), Ok(MOST_BYTES));
    for text in ["{{x}}z", "z{{x}}", "{{#if x}}{{x}}{{x}}{{/if}}"] {
        assert_eq!(evaluate_text(text, answers), Err("its text is too long".to_owned()));
        assert_eq!(by_engine(text, answers), Err("its text is too long".to_owned()));
    }
}

fn value() -> impl Strategy<Value = Value> {
    let scalars = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(0.5),
        json!(12),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(5e-324),
        json!(""),
        json!("a"),
        json!("b"),
        json!("1"),
        json!("\n"),
        json!(" x "),
        json!("é"),
        json!([]),
        json!({}),
        json!(["a", 1, null]),
        json!({"a": 1}),
    ];
    prop::sample::select(scalars)
}

fn one_of(choices: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    prop::sample::select(choices.to_vec()).prop_map(str::to_owned)
}

fn operand() -> impl Strategy<Value = String> {
    let plain = [
        "a", "b", "c", "d", "absent", "\"a\"", "'b'", "''", "\"1\"", "0", "1", "12", "true", "false", "null",
        "'\"'",
    ];
    let leaf = prop_oneof![40 => one_of(&plain), 1 => one_of(&["if", "this", "a.b", "raw", "1.0"])];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let pairs = one_of(&["eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "includes"]);
        prop_oneof![
            8 => (pairs, inner.clone(), inner.clone()).prop_map(|(name, a, b)| format!("({name} {a} {b})")),
            2 => inner.clone().prop_map(|operand| format!("(not {operand})")),
            2 => (one_of(&["and", "or"]), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(name, operands)| format!("({name} {})", operands.join(" "))),
            1 => (one_of(&["eq", "not", "lt"]), prop::collection::vec(inner, 1..4))
                .prop_map(|(name, operands)| format!("({name} {})", operands.join(" "))),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        2 => prop::sample::select(vec!["", " ", "yes", "}}", "é "]).prop_map(str::to_owned),
        2 => operand().prop_map(|operand| format!("{{{{{}}}}}", operand.trim_matches(['(', ')']))),
    ];
    let tree = leaf.prop_recursive(3, 16, 3, |inner| {
        let block = prop::sample::select(vec!["if", "unless"]);
        let inside = prop::collection::vec(inner.clone(), 0..3);
        let chain = prop_oneof![
            Just(String::new()),
            inner.clone().prop_map(|inside| format!("{{{{else}}}}{inside}")),
            (operand(), inner)
                .prop_map(|(operand, inside)| format!("{{{{else if {operand}}}}}{inside}{{{{else}}}} n")),
        ];
        (block, operand(), inside, chain).prop_map(|(block, operand, inside, chain)| {
            format!("{{{{#{block} {operand}}}}}{}{chain}{{{{/{block}}}}}", inside.concat())
        })
    });
    prop::collection::vec(tree, 1..4).prop_map(|trees| trees.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_simple_form_says_what_the_engine_says(
        text in text(),
        answers in prop::collection::btree_map("[abcd]", value(), 0..4),
    ) {
        let answers: Map<String, Value> = answers.into_iter().collect();
        if let Some(condition) = Condition::new(&text).ok().filter(is_plain) {
            prop_assert_eq!(condition.evaluate(&answers), by_engine(&text, &answers), "{}", text);
        }
    }
}
