//! What the engine does with rules and code of any quality.

use genesis_abi::Severity;
use genesis_abi::code::{RULE_INVALID, RULE_NEVER_MATCHES, SYNTAX_TOO_LARGE};
use serde_json::{Value, json};

use super::{documents, lint};

/// The code and pointer of what is wrong with one rule.
fn refused(language: &str, rule: Value) -> (String, String) {
    let (findings, report) = lint(language, &[rule], "x\n");
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(report.rules, []);
    (findings[0].code.clone(), findings[0].place.pointer.clone().unwrap())
}

#[test]
fn a_match_has_its_place_its_message_and_its_help() {
    let rules = documents(
        "id: no-print\nlanguage: python\nseverity: warning\nmessage: print of $A and $$$REST\nnote: log it\nfix: log($A)\nrule: {pattern: 'print($A, $$$REST)'}",
    );
    let (findings, report) =
        lint("python", &rules, "é = 1; print(é, 2,  3)\n# print(1, 2)\ns = 'print(1, 2)'\n");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "no-print");
    assert_eq!(findings[0].severity, Severity::Warning);
    assert_eq!(findings[0].message, "print of é and 2, 3");
    assert_eq!(findings[0].help.as_deref(), Some("log it; write `log(é)`"));
    let span = findings[0].place.span.unwrap();
    assert_eq!((span.line, span.column, span.offset, span.length), (1, 8, 8, 16));
    assert_eq!(report.rules[0].matches, 1);
    assert_eq!(report.lines, 3);
    assert!(!report.exact);
}

#[test]
fn findings_are_capped_and_the_count_is_not() {
    let rule = json!({"id": "call", "rule": {"pattern": "f()"}});
    let (findings, report) = lint("python", &[rule], &"f()\n".repeat(1_000));
    assert_eq!(findings.len(), 50);
    assert_eq!(report.rules[0].matches, 1_000);
}

#[test]
fn judged_code_cannot_silence_its_judge() {
    let rule = json!({"id": "call", "rule": {"pattern": "f()"}});
    let (findings, _) = lint("python", &[rule], "# ast-grep-ignore\nf()\nf()  # ast-grep-ignore: call\n");
    assert_eq!(findings.len(), 2);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_the_others_run() {
    let rule = |rule: Value| json!({"id": "r", "rule": rule});
    let cases = [
        (json!("rule"), ""),
        (json!({"id": "", "rule": {"kind": "call"}}), "/id"),
        (json!({"id": "r"}), ""),
        (json!({"id": "r", "rule": {"kind": "call"}, "severety": "error"}), "/severety"),
        (json!({"id": "r", "rule": {"kind": "call"}, "severity": "fatal"}), "/severity"),
        (rule(json!({"any": [{"kind": "call"}, {"regexp": "x"}]})), "/rule/any/1/regexp"),
        (rule(json!({"kind": "call", "has": {"kind": 5}})), "/rule/has/kind"),
        (rule(json!({"kind": "call", "regex": "("})), "/rule/regex"),
        (rule(json!({"kind": "call", "regex": "a{1000}{1000}"})), "/rule/regex"),
        (rule(json!({"kind": "call", "stopBy": "end"})), "/rule/stopBy"),
        (rule(json!({"regex": "x"})), "/rule"),
        (rule(json!({"pattern": "f(); g()"})), "/rule/pattern"),
        (rule(json!({"pattern": format!("{}x{}", "(".repeat(500), ")".repeat(500))})), "/rule/pattern"),
        (rule(json!({"kind": "call", "matches": "nothing"})), "/rule"),
        (
            json!({"id": "r", "rule": {"kind": "call"}, "constraints": {"A": {"regex": "["}}}),
            "/constraints/A/regex",
        ),
        (json!({"id": "r", "rule": {"kind": "call"}, "files": ["["]}), "/files"),
        (json!({"id": "r", "genesis": {"measure": "lines"}}), "/genesis"),
        (json!({"id": "r", "genesis": {"measure": "weight", "max": 1}}), "/genesis/measure"),
        (json!({"id": "r", "genesis": {"measure": "count", "max": 1}}), "/genesis"),
        (json!({"id": "r", "genesis": {"measure": "lines", "max": -1}}), "/genesis/max"),
        (
            json!({"id": "r", "genesis": {"measure": "count", "of": {"kind": []}, "max": 1}}),
            "/genesis/of/kind",
        ),
    ];
    for (document, pointer) in cases {
        assert_eq!(
            refused("python", document.clone()),
            (RULE_INVALID.to_owned(), pointer.to_owned()),
            "{document}"
        );
        let good = json!({"id": "good", "rule": {"kind": "identifier"}});
        let (findings, _) = lint("python", &[document, good], "x\n");
        assert!(findings.iter().any(|finding| finding.code == "good"));
    }
}

#[test]
fn what_can_never_match_is_a_warning_with_its_place() {
    let rule = |rule: Value| json!({"id": "r", "rule": rule});
    let cases = [
        (rule(json!({"kind": "call_expression"})), "/rule/kind"),
        // A supertype has a number in the grammar, and no node.
        (rule(json!({"kind": "expression"})), "/rule/kind"),
        (rule(json!({"kind": "call", "has": {"field": "callee", "kind": "identifier"}})), "/rule/has/field"),
        (rule(json!({"kind": "call", "inside": {"all": [{"kind": "klass"}]}})), "/rule/inside/all/0/kind"),
        (rule(json!({"pattern": "function $F() { }"})), "/rule/pattern"),
        (rule(json!({"pattern": {"context": "f()", "selector": "lambda"}})), "/rule/pattern"),
        (rule(json!({"kind": "call", "regex": "[^\\s\\S]"})), "/rule/regex"),
        (rule(json!({"kind": "identifier", "pattern": "f()"})), "/rule"),
        (rule(json!({"any": []})), "/rule/any"),
        (json!({"id": "r", "genesis": {"measure": "lines", "min": 0}}), "/genesis/min"),
    ];
    for (document, pointer) in cases {
        let expected = (RULE_NEVER_MATCHES.to_owned(), pointer.to_owned());
        assert_eq!(refused("python", document.clone()), expected, "{document}");
    }
}

#[test]
fn named_rules_may_not_use_themselves_nor_multiply() {
    let direct = json!({"id": "r", "utils": {"a": {"kind": "call", "has": {"matches": "b"}},
        "b": {"kind": "call", "inside": {"matches": "a"}}}, "rule": {"matches": "a"}});
    assert_eq!(refused("python", direct).0, RULE_INVALID);
    let mut utils = serde_json::Map::new();
    for n in 0..60 {
        let next = format!("u{}", n + 1);
        utils.insert(format!("u{n}"), json!({"kind": "call", "any": [{"matches": next}, {"matches": next}]}));
    }
    utils.insert("u60".to_owned(), json!({"kind": "call"}));
    let doubled = json!({"id": "r", "utils": utils, "rule": {"matches": "u0"}});
    assert_eq!(refused("python", doubled).0, RULE_INVALID);
}

#[test]
fn a_measure_compares_nodes_lines_and_files_with_a_bound() {
    let long = json!({"id": "long", "rule": {"kind": "function_definition"}, "genesis": {"measure": "lines", "max": 2}});
    let text = "def short():\n    pass\n\n\ndef long():\n    a\n    b\n";
    let (findings, report) = lint("python", &[long], text);
    assert_eq!(findings.len(), 1);
    assert_eq!(report.rules[0].matches, 1);
    let span = findings[0].place.span.unwrap();
    assert_eq!((span.line, span.column, span.length), (5, 1, 11));
    assert_eq!(findings[0].help.as_deref(), Some("3 lines, at most 2 are allowed"));

    let wide = json!({"id": "wide", "genesis": {"measure": "columns", "max": 5}});
    let (findings, _) = lint("python", std::slice::from_ref(&wide), "éééééé\r\nx\n12345\n1234567\n");
    let at: Vec<_> = findings
        .iter()
        .map(|finding| finding.place.span.unwrap())
        .map(|s| (s.line, s.column, s.length))
        .collect();
    assert_eq!(at, [(1, 6, 2), (4, 6, 2)]);

    let deep = json!({"id": "deep", "rule": {"kind": "function_definition"},
        "genesis": {"measure": "depth", "of": {"kind": "if_statement"}, "max": 1}});
    let nested = "def f():\n    if a:\n        pass\n    if b:\n        if c:\n            pass\n";
    assert_eq!(lint("python", std::slice::from_ref(&deep), nested).0.len(), 1);
    assert_eq!(lint("python", &[deep], "def f():\n    if a:\n        pass\n    if b:\n        pass\n").0, []);

    let some =
        json!({"id": "some", "genesis": {"measure": "count", "of": {"kind": "class_definition"}, "min": 1}});
    assert_eq!(lint("python", std::slice::from_ref(&some), "x = 1\n").0[0].place.span, None);
    assert_eq!(lint("python", &[some], "class A:\n    pass\n").0, []);
}

#[test]
fn a_rule_can_be_about_some_files_only() {
    let rule = |key: &str, glob: &str| json!({"id": "r", "rule": {"kind": "identifier"}, key: [glob]});
    for (key, glob, found) in
        [("files", "src/**", 1), ("files", "lib/**", 0), ("ignores", "src/*", 0), ("ignores", "*.md", 1)]
    {
        assert_eq!(lint("python", &[rule(key, glob)], "x\n").0.len(), found, "{key} {glob}");
    }
    let off = json!({"id": "r", "severity": "off", "rule": {"kind": "identifier"}});
    assert_eq!(lint("python", &[off], "x\n").0, []);
}

#[test]
fn what_is_too_deep_or_too_much_is_refused_and_said() {
    let rule = json!({"id": "same", "rule": {"pattern": "$A == $A"}});
    let deep = format!("{}x{}", "(".repeat(5_000), ")".repeat(5_000));
    let (findings, _) = lint("python", std::slice::from_ref(&rule), &deep);
    assert_eq!(findings[0].code, SYNTAX_TOO_LARGE);
    let deep = format!("{}x{}", "(".repeat(900), ")".repeat(900));
    assert_eq!(lint("python", &[rule], &format!("{deep} == {deep}\n")).0.len(), 1);
    let many: Vec<Value> =
        (0..600).map(|n| json!({"id": format!("r{n}"), "rule": {"kind": "call"}})).collect();
    let (findings, report) = lint("python", &many, "x\n");
    assert_eq!(report.rules.len(), 500);
    assert_eq!((findings.len(), findings[0].code.as_str()), (1, RULE_INVALID));
}
