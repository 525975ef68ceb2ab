//! Rules that templates make of their requirements can be read by the engine, and find what they say.

use genesis_abi::Finding;
use serde_json::{Value, json};

use super::lint;

fn held(language: &str, requirements: &Value, text: &str) -> Vec<String> {
    let plan = genesis_template::lint_rules(&json!({"requirements": requirements}), language);
    assert!(!plan.rules.is_empty(), "{requirements}");
    let (findings, report) = lint(language, &plan.rules, text);
    assert_eq!(report.rules.len(), plan.rules.len(), "{findings:#?}");
    let mut codes: Vec<String> = findings.into_iter().map(|finding: Finding| finding.code).collect();
    codes.dedup();
    codes
}

#[test]
fn what_elixir_templates_require() {
    let requirements = json!({
        "documentation": {
            "moduledoc": {"required": true, "min_length": 40},
            "doc": {"required_for": ["all_public_functions"], "min_length": 20},
            "typedoc": {"required_for": ["public_types"]}
        },
        "type_specs": {"required_for": ["all_public_functions"]},
        "error_handling": {"no_raise_in_public_api": true, "with_statements": {"else_clause_required": true}},
        "code_style": {"max_function_length": 8, "max_line_length": 60, "max_module_lines": 40},
        "code_smells": {"forbidden": ["FIXME", "IO.inspect"], "warnings": ["TODO"], "max_nesting_depth": 1}
    });
    let good = r#"defmodule A do
  @moduledoc """
  What it is for, in a sentence that is long enough.
  """

  @typedoc "a number"
  @type t :: integer()

  @doc """
  Gives the number back, or nothing.
  """
  @spec f(t()) :: t() | nil
  def f(x) when is_integer(x), do: x
  def f(_), do: nil

  @impl true
  def init(x), do: {:ok, x}

  def f!(x), do: raise(ArgumentError, x)
  defp g(x), do: raise("no")
end
"#;
    let good = good
        .replace("  def f!(x)", "  @doc \"Gives it back, or raises.\"\n  @spec f!(t()) :: t()\n  def f!(x)");
    assert_eq!(held("elixir", &requirements, &good), Vec::<String>::new());
    let bad = r#"defmodule A do
  @type t :: integer()
  # FIXME, and TODO
  @doc "short"
  def f(x) do
    if x do
      with {:ok, y} <- x do
        IO.inspect(y, label: "a label that is rather long, really")
      end
    end
    raise "no"
  end
end
"#;
    let mut found = held("elixir", &requirements, bad);
    found.sort();
    found.dedup();
    assert_eq!(
        found,
        [
            "template/code_smells.forbidden.FIXME",
            "template/code_smells.forbidden.IO.inspect",
            "template/code_smells.max_nesting_depth",
            "template/code_smells.warnings.TODO",
            "template/code_style.max_line_length",
            "template/documentation.doc.min_length",
            "template/documentation.moduledoc.required",
            "template/documentation.typedoc.required_for.public_types",
            "template/error_handling.no_raise_in_public_api",
            "template/error_handling.with_statements.else_clause_required",
            "template/type_specs.required_for.all_public_functions",
        ]
    );
    let undocumented = "defmodule A do\n  @moduledoc false\n  @spec f(a()) :: a()\n  def f(x), do: x\n  @spec g() :: a()\n  def g, do: 1\nend\n";
    assert_eq!(
        held(
            "elixir",
            &json!({"documentation": {"doc": {"required_for": ["all_public_functions"]}}}),
            undocumented
        ),
        ["template/documentation.doc.required_for.all_public_functions"]
    );
}

#[test]
fn what_rust_templates_require() {
    let requirements = json!({
        "documentation": {
            "module_doc": {"required": true},
            "function_doc": {"required_for": ["all_public_functions"]},
            "struct_doc": {"required_for": ["public_structs"]}
        },
        "error_handling": {"nif_functions": {"never_panic": true}},
        "code_style": {"max_function_length": 5},
        "code_smells": {"forbidden": ["unwrap() in production", "panic!() in NIFs"], "max_nesting_depth": 2}
    });
    let good = "//! What it is.\n\n/// Does it.\n#[inline]\npub fn f() -> u8 {\n    1\n}\n\n/// One.\n#[derive(Debug)]\npub struct S;\n\nfn g() {\n    panic!()\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {\n        f().unwrap();\n    }\n}\n";
    assert_eq!(held("rust", &requirements, good), Vec::<String>::new());
    let bad = "pub struct S;\n#[rustler::nif]\npub fn f() -> u8 {\n    let a = g().unwrap();\n    panic!();\n    a\n}\n";
    let mut found = held("rust", &requirements, bad);
    found.sort();
    found.dedup();
    assert_eq!(
        found,
        [
            "template/code_smells.forbidden.panicinNIFs",
            "template/code_smells.forbidden.unwrapinproduction",
            "template/documentation.function_doc.required_for.all_public_functions",
            "template/documentation.module_doc.required",
            "template/documentation.struct_doc.required_for.public_structs",
            "template/error_handling.nif_functions.never_panic",
        ]
    );
}

#[test]
fn what_templates_of_other_languages_require() {
    let go = json!({
        "documentation": {"package_docs": {"required": true}, "function_docs": {"required_for": ["all_exported_functions"]}},
        "error_handling": {"no_panic": true},
        "code_style": {"max_function_length": 4}
    });
    assert_eq!(
        held("go", &go, "// Package a does it.\npackage a\n\n// F does it.\nfunc F() {}\n\nfunc g() {}\n"),
        Vec::<String>::new()
    );
    assert_eq!(held("go", &go, "package a\n\nfunc F() {\n\tpanic(1)\n\tb()\n\tc()\n}\n").len(), 4);
    let python = json!({
        "documentation": {"module_docstring": {"required": true}, "docstrings": {"required_for": ["all_public_functions"]}},
        "code_smells": {"forbidden": ["print()", "XXX"]},
        "code_style": {"max_line_length": 40}
    });
    let good = "# a comment\n\"\"\"What it is.\"\"\"\n\n\ndef f():\n    \"\"\"Does it.\"\"\"\n    s = 'print(1)'\n\n\ndef _g():\n    pass\n";
    assert_eq!(held("python", &python, good), Vec::<String>::new());
    assert_eq!(held("python", &python, "def f():\n    print(1)  # XXX\n").len(), 4);
    let java = json!({"code_smells": {"forbidden": ["System.out.println()"], "max_nesting_depth": 1}, "code_style": {"max_function_length": 3}});
    let bad = "class A {\n  void m() {\n    if (a) {\n      while (b) {\n        System.out.println(1);\n      }\n    }\n  }\n}\n";
    assert_eq!(held("java", &java, bad).len(), 3);
    for language in ["javascript", "typescript", "tsx"] {
        let js = json!({"code_smells": {"forbidden": ["console.log", "TODO"]}, "code_style": {"max_function_lines": 2}});
        assert_eq!(held(language, &js, "function f() {\n  // TODO\n  console.log(1);\n}\n").len(), 3);
        assert_eq!(held(language, &js, "const s = 'console.log(1) TODO';\n"), Vec::<String>::new());
    }
}
