//! How each language says what requirements speak of, in the kinds of its grammar.

use serde_json::{Value, json};

type Rule = fn() -> Value;

/// What is known of one language.
pub(super) struct Language {
    id: &'static str,
    pub(super) comments: &'static [&'static str],
    pub(super) function: Rule,
    /// What counts as one more level of nesting.
    pub(super) nesting: Rule,
    /// The module, where the language has one in its text.
    pub(super) module: Option<Rule>,
    /// Keys that ask for a module's documentation, and the parts of the rule that finds it missing.
    pub(super) module_doc: (&'static [&'static str], Rule),
    /// The text of that documentation, where it is one node.
    pub(super) module_doc_text: Option<Rule>,
    pub(super) function_doc_keys: &'static [&'static str],
    pub(super) function_doc_text: Option<Rule>,
    /// Keys, what their `required_for` names, and the rule that finds it missing.
    pub(super) documented: &'static [(&'static [&'static str], &'static [&'static str], Rule)],
    /// The rule that finds a forbidden call, when the words name one.
    pub(super) call: fn(&str) -> Option<Value>,
}

/// Keys of `error_handling` whose `true` is exact: language, object, key, what is wrong, rule.
pub(super) const ERROR_HANDLING: &[(&str, &str, &str, &str, Rule)] = &[
    ("elixir", "", "no_raise_in_public_api", "a public function raises, which the template forbids", || {
        json!({
            "kind": "call",
            "all": [
                {"has": {"field": "target", "regex": "^raise$"}},
                {"inside": {
                    "kind": "call",
                    "stopBy": "end",
                    "all": [
                        {"has": {"field": "target", "regex": "^def$"}},
                        {"not": {"has": {"kind": "arguments", "regex": "^\\w+!"}}}
                    ]
                }}
            ]
        })
    }),
    (
        "elixir",
        "with_statements",
        "else_clause_required",
        "`with` has no `else`, which the template requires",
        || {
            json!({
                "kind": "call",
                "all": [
                    {"has": {"field": "target", "regex": "^with$"}},
                    {"not": {"has": {"kind": "else_block", "stopBy": {"kind": "call"}}}},
                    {"not": {"has": {"kind": "keyword", "regex": "^else:", "stopBy": "end"}}}
                ]
            })
        },
    ),
    (
        "go",
        "",
        "no_panic",
        "`panic` is called, which the template forbids",
        || json!({"kind": "call_expression", "has": {"field": "function", "kind": "identifier", "regex": "^panic$"}}),
    ),
    ("rust", "nif_functions", "never_panic", "a NIF can panic, which the template forbids", || {
        json!({
            "any": [
                {"kind": "macro_invocation", "has": {"field": "macro", "regex": "^(panic|todo|unimplemented|unreachable)$"}},
                {"kind": "call_expression", "has": {"field": "function", "kind": "field_expression", "regex": "\\.(unwrap|expect)$"}}
            ],
            "inside": nif()
        })
    }),
];

static LANGUAGES: [Language; 8] = [
    Language {
        id: "elixir",
        comments: &["comment"],
        function: || elixir_call("^defp?$"),
        nesting: || elixir_call("^(if|unless|case|cond|with|try|receive|for)$"),
        module: Some(|| elixir_call("^defmodule$")),
        module_doc: (&["moduledoc"], || {
            json!({"rule": {
                "kind": "call",
                "all": [
                    {"has": {"field": "target", "regex": "^defmodule$"}},
                    {"has": {"kind": "do_block"}},
                    {"not": {"has": {"kind": "do_block", "has": {"kind": "unary_operator", "regex": "^@moduledoc\\s+[^f\\s]"}}}}
                ]
            }})
        }),
        module_doc_text: Some(|| elixir_doc_text("moduledoc")),
        function_doc_keys: &["doc"],
        function_doc_text: Some(|| elixir_doc_text("doc")),
        documented: &[
            (&["doc"], &["all_public_functions"], || elixir_without("doc", "^def$")),
            (&["typedoc"], &["public_types"], || {
                json!({
                    "kind": "unary_operator",
                    "regex": "^@type\\b",
                    "not": {"follows": {"kind": "unary_operator", "regex": "^@typedoc\\b"}}
                })
            }),
        ],
        call: |word| {
            let name = word.strip_suffix("()").unwrap_or(word);
            let function = name
                .rsplit_once('.')
                .filter(|(module, _)| module.starts_with(|c: char| c.is_ascii_uppercase()));
            let (_, function) = function?;
            let plain = identifier(function)
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
            plain.then(|| json!({"kind": "call", "has": {"field": "target", "regex": format!("^{}$", name.replace('.', "\\."))}}))
        },
    },
    Language {
        id: "rust",
        comments: &["line_comment", "block_comment"],
        function: || json!({"kind": "function_item"}),
        nesting: || {
            any(&[
                "if_expression",
                "match_expression",
                "for_expression",
                "while_expression",
                "loop_expression",
            ])
        },
        module: None,
        module_doc: (
            &["module_doc"],
            || json!({"genesis": {"measure": "count", "of": {"kind": "inner_doc_comment_marker"}, "min": 1}}),
        ),
        module_doc_text: None,
        function_doc_keys: &["function_doc"],
        function_doc_text: None,
        documented: &[
            (&["function_doc"], &["all_public_functions"], || rust_undocumented("function_item")),
            (&["struct_doc"], &["public_structs"], || rust_undocumented("struct_item")),
        ],
        call: |word| {
            let in_nifs = word.strip_suffix(" in NIFs");
            let in_production = word.strip_suffix(" in production");
            let name = in_nifs.or(in_production).unwrap_or(word).strip_suffix("()")?;
            let found = match name.strip_suffix('!') {
                Some(name) if identifier(name) => {
                    json!({"kind": "macro_invocation", "has": {"field": "macro", "regex": format!("^{name}$")}})
                }
                None if identifier(name) => {
                    json!({"kind": "call_expression", "has": {"field": "function", "regex": format!("(^|\\.|::){name}$")}})
                }
                _ => return None,
            };
            let mut rule = found;
            if in_nifs.is_some() {
                rule["inside"] = nif();
            } else {
                rule["not"] = json!({"inside": rust_test()});
            }
            Some(rule)
        },
    },
    Language {
        id: "go",
        comments: &["comment"],
        function: || any(&["function_declaration", "method_declaration"]),
        nesting: || {
            any(&[
                "if_statement",
                "for_statement",
                "expression_switch_statement",
                "type_switch_statement",
                "select_statement",
            ])
        },
        module: None,
        module_doc: (
            &["package_docs"],
            || json!({"rule": {"kind": "package_clause", "not": {"follows": {"kind": "comment"}}}}),
        ),
        module_doc_text: None,
        function_doc_keys: &["function_docs"],
        function_doc_text: None,
        documented: &[(&["function_docs"], &["all_exported_functions", "all_public_functions"], || {
            json!({
                "any": [{"kind": "function_declaration"}, {"kind": "method_declaration"}],
                "has": {"field": "name", "regex": "^\\p{Lu}"},
                "not": {"follows": {"kind": "comment"}}
            })
        })],
        call: |word| {
            let name = word.strip_suffix("()").filter(|name| identifier(name))?;
            Some(
                json!({"kind": "call_expression", "has": {"field": "function", "regex": format!("(^|\\.){name}$")}}),
            )
        },
    },
    Language {
        id: "python",
        comments: &["comment"],
        function: || json!({"kind": "function_definition"}),
        nesting: || {
            any(&[
                "if_statement",
                "for_statement",
                "while_statement",
                "try_statement",
                "with_statement",
                "match_statement",
            ])
        },
        module: None,
        module_doc: (
            &["module_docstring", "module_docstrings"],
            || json!({"rule": {"kind": "module", "not": {"regex": "^(\\s*#.*\\n)*\\s*[rRuU]?(\"\"\"|'''|\"|')"}}}),
        ),
        module_doc_text: None,
        function_doc_keys: &[],
        function_doc_text: None,
        documented: &[(
            &["docstrings", "function_docstrings", "function_docs"],
            &["all_public_functions"],
            || {
                json!({
                    "kind": "function_definition",
                    "has": {"field": "name", "regex": "^[^_]"},
                    "not": {"has": {"field": "body", "has": {"nthChild": 1, "kind": "expression_statement", "has": {"kind": "string"}}}}
                })
            },
        )],
        call: |word| {
            let name = word.strip_suffix("()").filter(|name| identifier(name))?;
            Some(json!({"kind": "call", "has": {"field": "function", "regex": format!("(^|\\.){name}$")}}))
        },
    },
    Language {
        id: "java",
        comments: &["line_comment", "block_comment"],
        function: || any(&["method_declaration", "constructor_declaration"]),
        nesting: || {
            any(&[
                "if_statement",
                "for_statement",
                "enhanced_for_statement",
                "while_statement",
                "do_statement",
                "switch_expression",
                "try_statement",
            ])
        },
        module: None,
        module_doc: (&[], || Value::Null),
        module_doc_text: None,
        function_doc_keys: &[],
        function_doc_text: None,
        documented: &[],
        call: |word| {
            let name = word.strip_suffix("()")?;
            let bare = name.rsplit('.').next().filter(|name| identifier(name))?;
            Some(json!({"kind": "method_invocation", "has": {"field": "name", "regex": format!("^{bare}$")},
                "regex": format!("(^|\\.){}\\(", name.replace('.', "\\."))}))
            .filter(|_| name.split('.').all(identifier))
        },
    },
    javascript("javascript"),
    javascript("typescript"),
    javascript("tsx"),
];

const fn javascript(id: &'static str) -> Language {
    Language {
        id,
        comments: &["comment"],
        function: || {
            any(&["function_declaration", "function_expression", "arrow_function", "method_definition"])
        },
        nesting: || {
            any(&[
                "if_statement",
                "for_statement",
                "for_in_statement",
                "while_statement",
                "do_statement",
                "switch_statement",
                "try_statement",
            ])
        },
        module: None,
        module_doc: (&[], || Value::Null),
        module_doc_text: None,
        function_doc_keys: &[],
        function_doc_text: None,
        documented: &[],
        call: |word| {
            let name = word.strip_suffix("()").unwrap_or(word);
            let called = word.ends_with("()") || name.contains('.');
            (called && name.split('.').all(identifier)).then(|| {
                json!({"kind": "call_expression", "has": {"field": "function", "regex": format!("^{}$", name.replace('.', "\\."))}})
            })
        },
    }
}

/// The language of this id, when requirements can be made into rules for it.
pub(super) fn language(id: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.id == id)
}

fn identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn any(kinds: &[&str]) -> Value {
    json!({"any": super::kinds(kinds)})
}

fn elixir_call(target: &str) -> Value {
    json!({"kind": "call", "has": {"field": "target", "regex": target}})
}

/// The text behind `@doc` or `@moduledoc`.
fn elixir_doc_text(attribute: &str) -> Value {
    json!({
        "kind": "string",
        "inside": {"kind": "arguments", "inside": {
            "kind": "call",
            "has": {"field": "target", "regex": format!("^{attribute}$")},
            "inside": {"kind": "unary_operator"}
        }}
    })
}

/// Functions without an attribute before their first clause. What implements a callback is documented there.
pub(super) fn elixir_without(attribute: &str, definer: &str) -> Value {
    let name = json!({"any": [
        {"kind": "identifier", "pattern": "$F"},
        {"kind": "call", "has": {"field": "target", "pattern": "$F"}},
        {"kind": "binary_operator", "has": {"field": "left", "any": [
            {"kind": "identifier", "pattern": "$F"},
            {"kind": "call", "has": {"field": "target", "pattern": "$F"}}
        ]}}
    ]});
    let named = json!([
        {"has": {"field": "target", "regex": definer}},
        {"has": {"kind": "arguments", "has": name}}
    ]);
    let before = json!({"not": {"any": [{"kind": "unary_operator", "regex": "^@"}, {"kind": "comment"}]}});
    json!({
        "kind": "call",
        "all": [
            named[0],
            named[1],
            {"not": {"follows": {
                "kind": "unary_operator",
                "regex": format!("^@({attribute}|impl)\\b"),
                "stopBy": before
            }}},
            {"not": {"follows": {"kind": "call", "all": named, "stopBy": "end"}}}
        ]
    })
}

fn rust_undocumented(kind: &str) -> Value {
    json!({
        "kind": kind,
        "has": {"kind": "visibility_modifier", "regex": "^pub$"},
        "not": {"follows": {
            "any": [
                {"kind": "line_comment", "regex": "^///"},
                {"kind": "block_comment", "regex": "^/\\*\\*"},
                {"kind": "attribute_item", "regex": "^#\\[doc\\b"}
            ],
            "stopBy": {"not": {"any": [{"kind": "attribute_item"}, {"kind": "line_comment"}, {"kind": "block_comment"}]}}
        }}
    })
}

fn attributes() -> Value {
    json!({"not": {"any": [{"kind": "attribute_item"}, {"kind": "line_comment"}, {"kind": "block_comment"}]}})
}

/// Within a function that Rustler exports.
fn nif() -> Value {
    json!({
        "kind": "function_item",
        "stopBy": "end",
        "follows": {"kind": "attribute_item", "regex": "\\bnif\\b", "stopBy": attributes()}
    })
}

/// Within a test.
fn rust_test() -> Value {
    json!({
        "stopBy": "end",
        "any": [
            {"kind": "function_item", "follows": {"kind": "attribute_item", "regex": "\\btest\\b", "stopBy": attributes()}},
            {"kind": "mod_item", "follows": {"kind": "attribute_item", "regex": "cfg\\(test\\)", "stopBy": attributes()}}
        ]
    })
}
