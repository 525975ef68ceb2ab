//! Every built-in guest has a module of tests here: one without does not compile. Digests are the committed ones.

use genesis_abi::{ABI_VERSION, Input, Report, RunOutcome, Subject, TemplateText, ValidateInput};
use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Class, Run, Sandbox, SandboxConfig};

macro_rules! each_has_tests {
    ($($guest:ident)*) => {
        $( #[expect(unused_imports, reason = "the import is the test: the module has to exist")] use self::$guest as _; )*
    };
}
genesis_guests::foreach_guest!(each_has_tests);

#[test]
fn digests_are_the_committed_ones() {
    let text = std::fs::read_to_string(crate::support::project("sandbox-guests/digests.toml")).unwrap();
    let committed: toml::Table = text.parse().unwrap();
    for guest in genesis_guests::ALL.iter().filter(|guest| guest.reproducible) {
        if guest.missing().is_some() || guest.c_compiler != committed_compiler(&committed, guest) {
            println!("skipped: {} has C in it and was built by another compiler", guest.name);
            continue;
        }
        let digests =
            if guest.c_compiler.is_empty() { &committed["guest"] } else { &committed["c"]["guest"] };
        assert_eq!(
            digests[guest.name].as_str(),
            Some(guest.digest),
            "{}: `cargo xtask digests --write` takes the new digest over",
            guest.name
        );
    }
}

/// The compiler that the committed digests of guests with C in them were made by; empty for the others.
fn committed_compiler<'a>(committed: &'a toml::Table, guest: &genesis_guests::Guest) -> &'a str {
    let compiler = committed["c"]["compiler"].as_str().unwrap();
    if guest.c_compiler.is_empty() { "" } else { compiler }
}

fn run(guest: &genesis_guests::Guest, input: &[u8]) -> Run {
    let cache_dir = Some(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"));
    let sandbox = Sandbox::new(SandboxConfig { slots: 2, cache_dir }).unwrap();
    let loaded = sandbox.load_trusted(guest.digest, || guest.wasm().into(), Class::Small).unwrap();
    assert_eq!(loaded.manifest().unwrap().name, guest.name);
    let policy = Policy::load("default", &|_| Err(String::new()), None).unwrap();
    sandbox.run(&loaded, input, &policy.limits_for(guest.name), 0, &Cancel::new()).unwrap()
}

fn input(subject: Subject) -> Vec<u8> {
    serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).unwrap()
}

fn text(text: &str) -> TemplateText {
    TemplateText { path: "t.json".to_owned(), text: text.to_owned(), ..TemplateText::default() }
}

fn report(run: Run) -> Report {
    assert_eq!(run.outcome, RunOutcome::Completed, "{}", String::from_utf8_lossy(&run.stderr));
    run.report.unwrap()
}

mod validate_template {
    use super::*;

    fn validate(template: &str) -> Vec<genesis_abi::Finding> {
        let subject = Subject::Template(ValidateInput {
            template: text(template),
            baseline: None,
            profile: "standard".to_owned(),
            promoted: Vec::new(),
        });
        report(run(&genesis_guests::VALIDATE_TEMPLATE, &input(subject))).findings
    }

    #[test]
    fn it_says_the_same_as_the_validator_in_process() {
        for template in ["{\"id\": \"x\",}", "{}", "[1, {\"a\": 1, \"a\": 2}]", "\u{feff}{}"] {
            let subject = ValidateInput {
                template: text(template),
                baseline: None,
                profile: "standard".to_owned(),
                promoted: Vec::new(),
            };
            let native = genesis_template::validate(&subject, &genesis_template::ReadLimits::DEFAULT);
            assert_eq!(validate(template), native, "{template}");
        }
    }

    #[test]
    fn it_points_at_the_place_of_a_syntax_error() {
        let findings = validate("{\n  \"id\": \"x\",\n  \"a\": [1, 2}\n}");
        let span = findings[0].place.span.unwrap();
        assert_eq!((findings[0].code.as_str(), span.line, span.column), ("T0101", 3, 13));
    }

    #[test]
    fn an_input_of_another_subject_fails_the_run_and_says_nothing_of_a_template() {
        let subject = Subject::Case(genesis_abi::CaseInput {
            case: "c".to_owned(),
            answers: serde_json::Map::new(),
            files: Vec::new(),
            language: None,
        });
        let run = run(&genesis_guests::VALIDATE_TEMPLATE, &input(subject));
        assert!(matches!(run.outcome, RunOutcome::Failed { exit_code: Some(2), .. }), "{:?}", run.outcome);
    }

    #[test]
    fn bytes_that_are_no_input_fail_the_run() {
        for bytes in [b"".as_slice(), b"\xff\xfe", b"{", b"[[[[", b"{\"abi\":9}"] {
            let run = run(&genesis_guests::VALIDATE_TEMPLATE, bytes);
            assert!(matches!(run.outcome, RunOutcome::Failed { .. }), "{:?}", run.outcome);
        }
    }
}

mod render_template {
    use super::*;

    use genesis_abi::{RenderInput, Rendering};

    #[test]
    fn it_renders_a_case() {
        let template = crate::support::greeting("1.0.0").to_string();
        let answers = serde_json::json!({ "loud": true }).as_object().unwrap().clone();
        let subject =
            Subject::Render(RenderInput { template: text(&template), answers, output_bytes: 1 << 20 });
        let report = report(run(&genesis_guests::RENDER_TEMPLATE, &input(subject)));
        let rendering: Rendering = serde_json::from_str(report.data.unwrap().get()).unwrap();
        let code = rendering.files.iter().find(|file| file.path == "greet.py").unwrap();
        assert_eq!(code.text, "print(\"HELLO\")\n");
        assert!(rendering.used_answers.contains(&"loud".to_owned()));
    }

    #[test]
    fn more_output_than_allowed_is_a_finding() {
        let template = crate::support::greeting("1.0.0").to_string();
        let answers = serde_json::json!({ "loud": true }).as_object().unwrap().clone();
        let subject = Subject::Render(RenderInput { template: text(&template), answers, output_bytes: 4 });
        let report = report(run(&genesis_guests::RENDER_TEMPLATE, &input(subject)));
        assert!(report.findings.iter().any(|finding| finding.severity == genesis_abi::Severity::Error));
    }
}

/// A module for each guest that parses and lints one language or several, over the samples of each.
macro_rules! parses {
    ($($guest:ident $constant:ident)*) => {
        $(mod $guest {
            #[test]
            fn finds_the_faults_of_the_samples_and_no_others() {
                crate::code::syntax_samples(&genesis_guests::$constant);
            }
        })*
    };
}
parses! {
    code_bash CODE_BASH
    code_c CODE_C
    code_clojure CODE_CLOJURE
    code_cpp CODE_CPP
    code_csharp CODE_CSHARP
    code_css CODE_CSS
    code_dart CODE_DART
    code_data CODE_DATA
    code_elixir CODE_ELIXIR
    code_erlang CODE_ERLANG
    code_gleam CODE_GLEAM
    code_go CODE_GO
    code_html CODE_HTML
    code_java CODE_JAVA
    code_javascript CODE_JAVASCRIPT
    code_kotlin CODE_KOTLIN
    code_lua CODE_LUA
    code_php CODE_PHP
    code_python CODE_PYTHON
    code_ruby CODE_RUBY
    code_rust CODE_RUST
    code_scala CODE_SCALA
    code_swift CODE_SWIFT
    code_typescript CODE_TYPESCRIPT
    code_zig CODE_ZIG
}

mod run_javascript {
    #[test]
    fn javascript_runs_as_recorded() {
        crate::code::recorded_runs(&genesis_guests::RUN_JAVASCRIPT, "javascript");
    }

    #[test]
    fn typescript_runs_as_recorded() {
        crate::code::recorded_runs(&genesis_guests::RUN_JAVASCRIPT, "typescript");
    }
}

mod run_python {
    #[test]
    fn python_runs_as_recorded() {
        crate::code::recorded_runs(&genesis_guests::RUN_PYTHON, "python");
    }
}
