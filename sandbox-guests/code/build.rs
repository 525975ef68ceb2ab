//! Link settings of the guests that parse code, and the packs of lint rules as JSON, one file a pack.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn main() {
    genesis_guest_link::apply(&genesis_guest_link::Settings {
        stack_bytes: 1 << 20,
        initial_memory_bytes: 32 << 20,
    });
    write_packs();
}

/// Where the packs lie, seen from this package: in the project, and in the copy that its guests are built from.
const PACKS: [&str; 2] = ["../../policies/lint", "../policies/lint"];

/// Writes each pack as a list of its rules. YAML is read here, so that no guest needs a reader for it.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script its folder through the environment"
)]
fn write_packs() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let folder = PACKS.iter().map(Path::new).find(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| panic!("the packs of lint rules are in none of {PACKS:?}"));
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).expect("the folder was found a moment ago").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let rules: Vec<Value> = documents(&text)
            .into_iter()
            .map(|document| read(document).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
            .filter(|rule| !rule.is_null())
            .collect();
        let name = path.file_stem().expect("a file with an extension has a stem").to_string_lossy();
        let json = serde_json::to_string(&rules).expect("a value can be written");
        fs::write(out.join(format!("{name}.json")), json).expect("OUT_DIR can be written");
    }
}

/// As the host reads rules: a rule that is read otherwise here is read anew by each run.
fn read(document: &str) -> Result<Value, serde_saphyr::Error> {
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    serde_saphyr::from_str_with_options(document, options)
}

/// Cuts a stream at its `---` lines.
fn documents(text: &str) -> Vec<&str> {
    let mut documents = Vec::new();
    let (mut start, mut offset) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            documents.push(&text[start..offset]);
            start = offset;
        }
        offset += line.len();
    }
    documents.push(&text[start..]);
    documents
}
