//! The guests that misbehave: `sandbox-guests/hostile/hostile.toml` says what each does, under which limits, and what
//! must become of it. Each is a text beside it, a module that [`bombs`] makes, or one that writes what the file says.

#[path = "hostile/bombs.rs"]
mod bombs;
#[path = "hostile/calls.rs"]
mod calls;
#[path = "hostile/writer.rs"]
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use self::writer::Piece;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    /// What every guest runs under, where it does not say otherwise.
    limits: BTreeMap<String, u64>,
    /// What every module is measured by, where it does not say otherwise.
    module: BTreeMap<String, u64>,
    guest: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    /// One line on what it does.
    does: String,
    /// The text, without `.wat`; the guest's name when nothing else says what it is.
    file: Option<String>,
    /// The module that `bombs` makes, of the size `count`.
    bomb: Option<String>,
    #[serde(default)]
    count: u32,
    /// What it writes to standard output.
    stdout: Option<Vec<Piece>>,
    /// What it writes to standard error.
    #[serde(default)]
    stderr: Vec<Piece>,
    /// What it exits with after writing.
    #[serde(default)]
    exit: i32,
    #[serde(default = "small")]
    class: String,
    #[serde(default)]
    limits: BTreeMap<String, u64>,
    #[serde(default)]
    module: BTreeMap<String, u64>,
    outcome: String,
    /// The limit that speaks.
    limit: Option<String>,
    /// What is used or asked for when the run ends, exactly.
    asked: Option<u64>,
    /// The same, at least.
    asked_at_least: Option<u64>,
    /// Of a guest that failed: why.
    reason: Option<String>,
    exit_code: Option<i32>,
    /// Words that must stand in what is said of the outcome.
    #[serde(default)]
    says: Vec<String>,
}

fn small() -> String {
    "small".to_owned()
}

/// Compiles the guests and writes them out as constants.
pub(crate) fn write(root: &Path, out: &Path) {
    let folder = root.join("sandbox-guests/hostile");
    println!("cargo::rerun-if-changed={}", folder.display());
    let text = fs::read_to_string(folder.join("hostile.toml")).expect("the suite's file is there");
    let suite: Suite = toml::from_str(&text).unwrap_or_else(|error| panic!("hostile.toml: {error}"));
    let mut names = BTreeSet::new();
    let mut code = String::from(
        "/// The guests that misbehave.\n\
         #[expect(clippy::unreadable_literal, reason = \"numbers that the build script writes\")]\n\
         pub const ALL: &[Hostile] = &[\n",
    );
    for entry in &suite.guest {
        assert!(names.insert(&entry.name), "hostile.toml: `{}` stands twice", entry.name);
        let wasm = entry.wasm(&folder).unwrap_or_else(|why| panic!("hostile.toml: `{}`: {why}", entry.name));
        let packed = out.join(format!("hostile-{}.zz", entry.name));
        crate::pack(&wasm, &packed);
        entry.constant(&suite, wasm.len(), &packed, &mut code);
    }
    code.push_str("];\n");
    fs::write(out.join("hostile.rs"), code).expect("OUT_DIR can be written");
}

impl Entry {
    fn wasm(&self, folder: &Path) -> Result<Vec<u8>, String> {
        match (&self.file, &self.bomb, &self.stdout) {
            (None, Some(bomb), None) => bombs::make(bomb, self.count),
            (None, None, Some(stdout)) => writer::make(stdout, &self.stderr, self.exit),
            (file, None, None) => {
                let path = folder.join(format!("{}.wat", file.as_ref().unwrap_or(&self.name)));
                wat::parse_file(path).map_err(|error| error.to_string())
            }
            _ => Err("one of file, bomb and stdout says what it is".to_owned()),
        }
    }

    fn constant(&self, suite: &Suite, size: usize, packed: &Path, code: &mut String) {
        writeln!(
            code,
            "    Hostile {{ name: {:?}, does: {:?}, packed: include_bytes!({:?}), size: {size}, class: {:?}, \
             limits: Limits {{ {} }}, module: ModuleLimits {{ {} }}, expected: Expected {{ outcome: {:?}, \
             limit: {}, asked: {:?}, asked_at_least: {:?}, reason: {:?}, exit_code: {:?}, says: &{:?} }} }},",
            self.name,
            self.does,
            packed.display().to_string(),
            self.class,
            fields(&suite.limits, &self.limits),
            fields(&suite.module, &self.module),
            self.outcome,
            self.limit
                .as_deref()
                .map_or_else(|| "None".to_owned(), |name| format!("Some(LimitName::{})", camel(name))),
            self.asked,
            self.asked_at_least,
            self.reason,
            self.exit_code,
            self.says,
        )
        .expect("writing to a string cannot fail");
    }
}

/// Fields of a struct: those of all guests, and those that one sets. A name that the struct lacks does not compile.
fn fields(of_all: &BTreeMap<String, u64>, of_one: &BTreeMap<String, u64>) -> String {
    let mut merged = of_all.clone();
    merged.extend(of_one.iter().map(|(name, value)| (name.clone(), *value)));
    merged.iter().fold(String::new(), |mut fields, (name, value)| {
        write!(fields, "{name}: {value}, ").expect("writing to a string cannot fail");
        fields
    })
}

/// `wall_time_ms` to `WallTimeMs`.
fn camel(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
