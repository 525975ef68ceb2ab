use proptest::prelude::*;
use serde_json::json;

use super::*;

const OPTIONS: CaseOptions<'static> = CaseOptions {
    selection: Selection::EachAlone,
    most_cases: 256,
    most_questions: 64,
    most_choices: 16,
    most_answer_bytes: 64 * 1024,
    seed: 1,
    recorded: &[],
};

fn template(text: &Value) -> TemplateText {
    TemplateText { path: "t.json".into(), text: text.to_string(), ..TemplateText::default() }
}

fn planned(text: &Value, selection: Selection) -> CasePlan {
    plan_cases(&template(text), None, &CaseOptions { selection, ..OPTIONS })
}

fn names(plan: &CasePlan) -> Vec<&str> {
    plan.cases.iter().map(|case| case.name.as_str()).collect()
}

/// Three questions, each asked only when the one before is answered with yes.
fn chained() -> Value {
    json!({"questions": [
        {"name": "server", "type": "boolean", "default": false},
        {"name": "table", "type": "boolean", "default": false, "when": "{{server}}"},
        {"name": "minutes", "type": "number", "default": 5, "when": "{{table}}"},
        {"name": "level", "type": "choice", "choices": ["low", "high"], "default": "low"}
    ]})
}

#[test]
fn a_template_without_questions_has_one_case() {
    for selection in [Selection::Defaults, Selection::EachAlone, Selection::Pairwise] {
        let plan = planned(&json!({"name": "x"}), selection);
        assert_eq!((names(&plan), plan.possible, plan.sampled), (vec!["defaults"], 1, false));
        assert_eq!(plan.cases[0].answers, Map::new());
    }
}

#[test]
fn a_skipped_question_is_absent_and_so_is_what_hangs_on_it() {
    let plan = planned(&chained(), Selection::Defaults);
    assert_eq!(Value::Object(plan.cases[0].answers.clone()), json!({"server": false, "level": "low"}));
}

#[test]
fn varying_a_skipped_question_switches_on_what_it_needs() {
    let plan = planned(&chained(), Selection::EachAlone);
    assert_eq!(
        names(&plan),
        ["defaults", "server=true", "table=true", "minutes=0", "minutes=1", "level=high"]
    );
    assert_eq!(
        Value::Object(plan.cases[3].answers.clone()),
        json!({"server": true, "table": true, "minutes": 0, "level": "low"})
    );
    assert_eq!(plan.possible, 2 * 2 * 3 * 2);
    assert!(!plan.sampled);
    assert_eq!(plan.selection, "the defaults; each of 5 other values alone");
}

#[test]
fn pairs_of_conditional_questions_are_covered_with_their_conditions() {
    let plan = planned(&chained(), Selection::Pairwise);
    let has = |wanted: &Value| {
        let wanted = wanted.as_object().expect("an object");
        plan.cases.iter().any(|case| wanted.iter().all(|(name, value)| case.answers.get(name) == Some(value)))
    };
    for minutes in [5, 0, 1] {
        for level in ["low", "high"] {
            assert!(has(&json!({"minutes": minutes, "level": level})), "{minutes} {level}");
        }
    }
    assert!(plan.cases.iter().all(
        |case| case.answers.contains_key("minutes") == (case.answers.get("table") == Some(&json!(true)))
    ));
    assert!(plan.selection.contains(" pairs of values covered"), "{}", plan.selection);
    assert!(!plan.sampled, "{}", plan.selection);
}

#[test]
fn a_condition_over_choices_is_solved() {
    let text = json!({"questions": [
        {"name": "db", "type": "choice", "choices": ["none", "pg", "sqlite"], "default": "none"},
        {"name": "pool", "type": "boolean", "default": false, "when": "{{#if (eq db 'pg')}}true{{/if}}"},
        {"name": "file", "type": "boolean", "default": false, "when": "{{#unless (eq db 'none')}}yes{{/unless}}"},
        {"name": "never", "type": "boolean", "when": "{{#if (eq db 'oracle')}}true{{/if}}"}
    ]});
    let plan = planned(&text, Selection::EachAlone);
    let case = |name: &str| {
        plan.cases.iter().find(|case| case.name == name).map(|case| Value::Object(case.answers.clone()))
    };
    assert_eq!(case("pool=true"), Some(json!({"db": "pg", "pool": true, "file": false})));
    assert_eq!(case("file=true"), Some(json!({"db": "pg", "pool": false, "file": true})));
    assert_eq!(case("never=true"), None);
    assert!(
        plan.selection.contains("1 cases of questions that cannot be reached are left out"),
        "{}",
        plan.selection
    );
}

#[test]
fn a_validator_filters_cases_unless_it_refuses_the_defaults() {
    let text = json!({"questions": [
        {"name": "n", "type": "number", "default": 5, "min": 0, "max": 100,
            "validator": "{{#if (lt n 50)}}true{{else}}too many{{/if}}"},
        {"name": "odd", "type": "boolean", "default": false, "validator": "{{#if odd}}true{{else}}false{{/if}}"}
    ]});
    let plan = planned(&text, Selection::EachAlone);
    assert_eq!(names(&plan), ["defaults", "n=0", "odd=true"]);
    assert!(plan.selection.contains("1 cases refused by a validator are left out"), "{}", plan.selection);
}

#[test]
fn optional_values_several_choices_and_code_model_types_are_varied() {
    let text = json!({
        "content": {"questions": [
            {"var_name": "features", "type": "yaml", "multiselect": true, "choices": ["a", "b"], "default": ["a"]},
            {"var_name": "kit", "type": "str", "choices": {"One": "one", "Two": "two"}, "default": "two"}
        ]},
        "template_variables": {"title": {"type": "string", "required": false}, "name": {"type": "string", "required": true}}
    });
    let plan = planned(&text, Selection::EachAlone);
    assert_eq!(
        names(&plan),
        [
            "defaults",
            "features=[]",
            "features=[\"b\"]",
            "features=[\"a\",\"b\"]",
            "kit=one",
            "title=sample_title"
        ]
    );
    assert!(!plan.cases[0].answers.contains_key("title"), "an optional variable without a value is absent");
}

#[test]
fn beyond_the_cap_a_stated_sample_is_drawn() {
    let questions: Vec<Value> = (0..30)
        .map(|n| json!({"name": format!("q{n}"), "type": "choice", "choices": ["a", "b", "c", "d"]}))
        .collect();
    let text = json!({"questions": questions});
    for selection in [Selection::EachAlone, Selection::Pairwise] {
        let options = CaseOptions { selection, most_cases: 10, ..OPTIONS };
        let plan = plan_cases(&template(&text), None, &options);
        assert_eq!((plan.cases.len(), plan.cases[0].name.as_str(), plan.sampled), (10, "defaults", true));
        assert_eq!(plan, plan_cases(&template(&text), None, &options));
        let other = plan_cases(&template(&text), None, &CaseOptions { seed: 2, ..options });
        assert_ne!(plan.cases, other.cases);
    }
    let plan =
        plan_cases(&template(&text), None, &CaseOptions { most_questions: 3, most_choices: 2, ..OPTIONS });
    assert_eq!((plan.cases.len(), plan.sampled), (4, true));
    assert!(plan.selection.contains("3 of 30 variables are varied (seed 1)"), "{}", plan.selection);
    assert!(plan.selection.contains("60 values beyond the limit of choices"), "{}", plan.selection);
}

#[test]
fn recorded_answers_come_after_the_defaults_and_are_asked_again() {
    let recorded = [json!({"server": true, "table": true, "minutes": 9, "level": "gone", "unknown": 1})];
    let recorded: Vec<Map<String, Value>> =
        recorded.iter().filter_map(|set| set.as_object().cloned()).collect();
    let options = CaseOptions { selection: Selection::Pairwise, recorded: &recorded, ..OPTIONS };
    let plan = plan_cases(&template(&chained()), None, &options);
    assert_eq!(plan.cases[1].name, "recorded 1");
    assert_eq!(
        Value::Object(plan.cases[1].answers.clone()),
        json!({"server": true, "table": true, "minutes": 9, "level": "low"})
    );
}

#[test]
fn answers_beyond_the_limit_are_left_out_and_defaults_beyond_it_are_an_error() {
    let text = json!({"questions": [{"name": "a", "type": "choice", "choices": ["x", "y".repeat(100)], "default": "x"}]});
    let plan = plan_cases(&template(&text), None, &CaseOptions { most_answer_bytes: 50, ..OPTIONS });
    assert_eq!((names(&plan), plan.sampled), (vec!["defaults"], true));
    let plan = plan_cases(&template(&text), None, &CaseOptions { most_answer_bytes: 5, ..OPTIONS });
    assert_eq!((plan.cases.len(), plan.findings[0].code.as_str()), (0, "T0506"));
}

#[test]
fn the_baseline_keeps_its_own_defaults_for_what_the_candidate_lacks() {
    let baseline = json!({"questions": [
        {"name": "server", "type": "boolean", "default": false},
        {"name": "old", "type": "choice", "choices": ["a", "b"], "default": "b"},
        {"name": "level", "type": "choice", "choices": ["low"], "default": "low"},
        {"name": "extra", "type": "number", "default": 3, "when": "{{server}}"}
    ]});
    let case = json!({"server": true, "table": true, "level": "high", "extra": 9, "old": "a"});
    let answers = answers_for_baseline(
        case.as_object().expect("an object"),
        &template(&chained()),
        &template(&baseline),
    );
    assert_eq!(Value::Object(answers), json!({"server": true, "old": "b", "level": "low", "extra": 3}));
    let plan = plan_cases(&template(&chained()), Some(&template(&baseline)), &OPTIONS);
    assert!(
        plan.selection.contains("its own defaults for 2 variables that the candidate lacks"),
        "{}",
        plan.selection
    );
}

#[test]
fn a_made_up_value_is_noted() {
    let text = json!({"template_variables": {"entity_name": {"type": "string", "required": true},
        "module_name": {"type": "string", "required": true}}});
    let plan = planned(&text, Selection::Defaults);
    assert_eq!(
        Value::Object(plan.cases[0].answers.clone()),
        json!({"entity_name": "sample_entity_name", "module_name": "SampleModuleName"})
    );
    assert_eq!(
        plan.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        ["T0505", "T0505"]
    );
}

#[test]
fn inferred_variables_have_the_shape_of_their_use() {
    let text = json!({"template_content": "{{title}}{{#each rows}}{{name}}{{#each tags}}{{this}}{{/each}}{{/each}}{{#if flag}}{{o.p}}{{/if}}"});
    let plan = planned(&text, Selection::Defaults);
    assert_eq!(
        Value::Object(plan.cases[0].answers.clone()),
        json!({"title": "sample_title", "flag": true, "o": {"p": "sample_p"},
            "rows": [{"name": "sample_name", "tags": ["sample_tags"]}]})
    );
}

#[test]
fn ten_thousand_questions_and_a_thousand_choices_are_planned_within_the_caps() {
    let chain: Vec<Value> = (0..10_000)
        .map(|n| json!({"name": format!("q{n}"), "type": "boolean", "default": true, "when": format!("{{{{q{}}}}}", n - 1)}))
        .collect();
    let choices: Vec<String> = (0..1_000).map(|n| format!("choice {n}")).collect();
    let wide: Vec<Value> =
        (0..100).map(|n| json!({"name": format!("w{n}"), "type": "choice", "choices": choices})).collect();
    for questions in [chain, wide] {
        let text = template(&json!({"questions": questions}));
        for selection in [Selection::EachAlone, Selection::Pairwise] {
            let options = CaseOptions { selection, most_cases: 32, ..OPTIONS };
            let plan = plan_cases(&text, None, &options);
            assert!(plan.sampled && plan.cases.len() <= 32 && !plan.cases.is_empty());
        }
    }
}

fn any_question() -> impl Strategy<Value = Value> {
    (0..4_usize, prop::option::of(0..4_usize), 1..5_usize, any::<bool>()).prop_map(
        |(name, when, choices, default)| {
            let mut question = json!({"name": format!("q{name}"), "type": "choice"});
            question["choices"] =
                (0..choices).map(|n| if n == 0 { json!("yes") } else { json!(format!("c{n}")) }).collect();
            if default {
                question["default"] = question["choices"][choices - 1].clone();
            }
            if let Some(other) = when {
                question["when"] = json!(format!("{{{{q{other}}}}}"));
            }
            question
        },
    )
}

proptest! {
    #[test]
    fn planning_is_deterministic_and_every_case_follows_the_conditions(
        questions in prop::collection::vec(any_question(), 0..6),
        seed: u64,
        most_cases in 1..40_usize,
    ) {
        let text = template(&json!({"questions": questions}));
        for selection in [Selection::Defaults, Selection::EachAlone, Selection::Pairwise] {
            let options = CaseOptions { selection, most_cases, seed, ..OPTIONS };
            let plan = plan_cases(&text, None, &options);
            prop_assert_eq!(&plan, &plan_cases(&text, None, &options));
            prop_assert!(plan.cases.len() <= most_cases.max(1));
            prop_assert_eq!(plan.cases[0].name.as_str(), "defaults");
            for case in &plan.cases {
                prop_assert_eq!(&answers_for_baseline(&case.answers, &text, &text), &case.answers);
            }
        }
    }
}
