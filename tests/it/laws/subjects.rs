//! Subjects of messages are spelled in one place.

use syn::LitStr;
use syn::visit::{self, Visit};

use super::assert_none;
use super::sources::{Source, of_crate};

/// How the names of subjects begin, and names that are whole.
const BEGINNINGS: [&str; 9] = [
    "genesis.experiment.",
    "genesis.dlq",
    "genesis.status",
    "system.metrics.",
    "agent.events.",
    "centralcloud.",
    "job_requests",
    "job_results",
    "code_execution_",
];

/// The crates that have to do with messages, and the one with the registry.
const CRATES: [&str; 5] = ["domain", "store", "bus", "experiment", "serve"];

#[test]
fn a_subject_is_spelled_in_the_registry_alone() {
    let mut spelled = 0;
    for name in CRATES {
        for source in of_crate(name) {
            let found = subjects(&source);
            if source.path.ends_with("domain/src/subject.rs") {
                spelled = found.len();
            } else {
                assert_none("subjects outside the registry", &found);
            }
        }
    }
    assert!(spelled > 5, "the registry itself is seen");
}

#[test]
fn a_subject_that_is_spelled_elsewhere_is_seen() {
    assert_eq!(subjects(&Source::sample("const A: &str = \"genesis.experiment.run\";")).len(), 1);
    assert_eq!(subjects(&Source::sample("fn f() { g(\"job_requests\") }")).len(), 1);
    assert_none("other text", &subjects(&Source::sample("const A: &str = \"the genesis.experiment.run\";")));
    assert_none(
        "tests",
        &subjects(&Source::sample("#[cfg(test)] mod t { const A: &str = \"job_results\"; }")),
    );
}

fn subjects(source: &Source) -> Vec<String> {
    struct Literals(Vec<String>);
    impl<'ast> Visit<'ast> for Literals {
        fn visit_lit_str(&mut self, literal: &'ast LitStr) {
            let text = literal.value();
            if BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) {
                self.0.push(text);
            }
        }

        fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
            if !super::sources::is_test_only(&item.attrs) {
                visit::visit_item_mod(self, item);
            }
        }
    }
    let mut literals = Literals(Vec::new());
    literals.visit_file(&source.file);
    literals.0.iter().map(|text| format!("{}: {text}", source.path.display())).collect()
}
