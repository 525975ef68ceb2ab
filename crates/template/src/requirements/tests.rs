//! Requirements are made into rules only where they are exact, and what is left is listed.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::lint_rules;

fn ids(plan: &super::LintPlan) -> Vec<&str> {
    plan.rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect()
}

#[test]
fn what_is_exact_becomes_a_rule_and_the_rest_is_listed() {
    let template = json!({"requirements": {
        "code_style": {"max_function_length": 30, "naming_convention": "snake_case"},
        "code_smells": {"forbidden": ["FIXME", "unused_variables"], "warnings": ["TODO"]},
        "documentation": {"moduledoc": {"required": true, "min_length": 100, "must_include": ["overview"]}},
        "type_specs": {"required": true, "required_for": ["all_public_functions", "callbacks"]},
        "error_handling": {"no_raise_in_public_api": true, "style": "tagged_tuples"},
        "security": {"authentication": {"token_expiry": "required"}},
    }});
    let plan = lint_rules(&template, "elixir");
    assert_eq!(
        ids(&plan),
        [
            "template/code_style.max_function_length",
            "template/code_smells.forbidden.FIXME",
            "template/code_smells.warnings.TODO",
            "template/documentation.moduledoc.required",
            "template/documentation.moduledoc.min_length",
            "template/type_specs.required_for.all_public_functions",
            "template/error_handling.no_raise_in_public_api",
        ]
    );
    assert_eq!(
        plan.unenforced,
        [
            "/requirements/code_smells/forbidden/1",
            "/requirements/code_style/naming_convention",
            "/requirements/documentation/moduledoc/must_include",
            "/requirements/security",
            "/requirements/type_specs/required",
            "/requirements/type_specs/required_for/1",
        ]
    );
    let moduledoc = &plan.rules[3];
    assert_eq!(moduledoc["severity"], "warning");
    assert!(
        moduledoc["message"].as_str().unwrap().contains("/requirements/documentation/moduledoc/required")
    );
    assert_eq!(plan.rules[2]["severity"], "info");
    assert_eq!(plan.rules[0]["genesis"], json!({"measure": "lines", "max": 30}));
}

#[test]
fn forbidden_calls_are_understood_only_when_the_words_name_one() {
    let forbidden = |language: &str, word: &str| {
        let template = json!({"requirements": {"code_smells": {"forbidden": [word]}}});
        lint_rules(&template, language).rules.len()
    };
    let cases = [
        ("rust", "unwrap() in production", 1),
        ("rust", "panic!() in NIFs", 1),
        ("rust", "expect() without good reason", 0),
        ("rust", "dead_code", 0),
        ("elixir", "IO.inspect", 1),
        ("elixir", "unused_functions", 0),
        ("javascript", "console.log", 1),
        ("javascript", "eval()", 1),
        ("python", "print()", 1),
        ("python", "global state", 0),
        ("java", "System.out.println()", 1),
        ("java", "a.*()", 0),
        ("cobol", "TODO", 0),
    ];
    for (language, word, rules) in cases {
        assert_eq!(forbidden(language, word), rules, "{language}: {word}");
    }
}

#[test]
fn a_bound_of_another_type_is_no_rule() {
    for bound in [json!(0), json!(-3), json!("30"), json!(1.5), json!(null), json!([30])] {
        let template = json!({"requirements": {"code_style": {"max_function_length": bound}}});
        let plan = lint_rules(&template, "rust");
        assert_eq!(plan.rules, Vec::<Value>::new());
        assert_eq!(plan.unenforced, ["/requirements/code_style"]);
    }
    assert_eq!(lint_rules(&json!({"requirements": []}), "rust"), super::LintPlan::default());
    assert_eq!(lint_rules(&json!([]), "rust"), super::LintPlan::default());
}

proptest! {
    #[test]
    fn any_requirements_are_read_and_each_has_its_own_id(word in "\\PC{0,80}", key in "[a-z/~$]{0,12}", n in 0_u64..400) {
        let template = json!({"requirements": {
            "code_smells": {"forbidden": vec![word.clone(); 300], "warn": [word], "max_nesting_depth": n},
            "documentation": {key.clone(): {"required": true, "required_for": [key]}},
        }});
        for language in ["elixir", "rust", "go", "python", "java", "javascript", "tsx", "none"] {
            let plan = lint_rules(&template, language);
            let mut found = ids(&plan);
            let count = found.len();
            found.sort_unstable();
            found.dedup();
            prop_assert_eq!(found.len(), count);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the corpus by this variable")]
fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("GENESIS_CORPUS").map(PathBuf::from);
    if root.is_none() {
        println!("skipped: GENESIS_CORPUS is not set");
    }
    root
}

#[test]
fn the_quality_templates_are_held_to_what_they_say() {
    let Some(corpus) = corpus() else { return };
    for (language, rules) in [("elixir", 13), ("rust", 9), ("go", 4)] {
        let path = corpus.join(format!("templates/code_generation/quality/{language}_production.json"));
        let template: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let plan = lint_rules(&template, language);
        println!("{language}: {:#?}\nnot enforced: {:#?}", ids(&plan), plan.unenforced);
        assert_eq!(plan.rules.len(), rules, "{language}");
        assert!(plan.unenforced.iter().any(|pointer| pointer == "/requirements/security"));
    }
}
