//! Builds the guests for `wasm32-wasip1` and writes them out as constants. Offline: what is missing is named, with the
//! command that gets it. Guests with C in them need a compiler for it, and the one that runs Python is built by
//! `cargo xtask setup`; where those are not to be had, such guests are left out and the program says so when asked.
//!
//! The guests are built in a copy of their sources, where all of them lie below one workspace root:
//! cargo mixes the path of a crate outside the root into its symbol names, and the digest of a guest would then
//! depend on where the project lies. Copy and build lie beside `OUT_DIR`, which is another whenever a dependency of the
//! host's build changes: the parsers take minutes, and know nothing of that.

#[path = "build/compile.rs"]
mod compile;
#[path = "build/hostile.rs"]
mod hostile;
#[path = "build/manifest.rs"]
mod manifest;
#[path = "build/sources.rs"]
mod sources;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::compile::{Build, CCompiler};

/// Guests in Rust alone.
const RUST: [&str; 2] = ["validate-template", "render-template"];
/// Packages with C in them: one with a module for each language, and the one that runs JavaScript.
const WITH_C: [&str; 2] = ["genesis-guest-code", "run-javascript"];
const NO_C_COMPILER: &str = "there was no C compiler for wasm when this program was built; `cargo xtask setup` gets one, then build it again";
const NO_PYTHON: &str = "Python with pip was not there when this program was built; `cargo xtask setup` tells what is \
                         missing, then build it again";
const SKIPPED: &str = "this program was built with GENESIS_SKIP_GUESTS; build it without";

/// A guest, or the reason why there is none.
struct Made {
    name: String,
    module: Result<PathBuf, &'static str>,
    /// Whether the same sources give the same bytes on another machine, under the same compilers.
    reproducible: bool,
    /// What compiled the C in it.
    c_compiler: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "a build script is told everything through the environment")]
fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the crate lies two folders below the project's root");
    let guests = root.join("sandbox-guests");
    println!("cargo::rerun-if-env-changed=GENESIS_SKIP_GUESTS");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed={}", guests.join("code/src/bin").display());
    let with_c: Vec<String> =
        language_guests(&guests).into_iter().chain(["run-javascript".to_owned()]).collect();
    // Written by `cargo xtask setup`. What is not there is looked for again by each build.
    println!("cargo::rerun-if-changed={}", root.join("target/guests").display());
    println!("cargo::rerun-if-changed={}", root.join("target/wasm-cc.toml").display());
    let python = root.join("target/guests/run-python.wasm");

    let mut made = Vec::new();
    let mut add = |name: &str, module, reproducible, c_compiler| {
        made.push(Made { name: name.to_owned(), module, reproducible, c_compiler });
    };
    if env::var_os("GENESIS_SKIP_GUESTS").is_some() {
        let names = RUST.into_iter().chain(with_c.iter().map(String::as_str)).chain(["run-python"]);
        names.for_each(|name| add(name, Err(SKIPPED), false, None));
    } else {
        println!("cargo::rerun-if-changed={}", guests.display());
        println!("cargo::rerun-if-changed={}", root.join(sources::PACKS).display());
        for name in sources::SHARED {
            println!("cargo::rerun-if-changed={}", root.join("crates").join(name).join("src").display());
            println!(
                "cargo::rerun-if-changed={}",
                root.join("crates").join(name).join("Cargo.toml").display()
            );
        }
        let folder = beside_build_scripts(&out).join("guests");
        let stage = folder.join("stage");
        sources::copy(&root, &stage);
        let build = Build::new(stage, folder.join("target"));
        let modules = build.run("release", &RUST, None);
        for name in RUST {
            add(name, Ok(modules.join(format!("{name}.wasm"))), true, None);
        }
        match CCompiler::find(&root) {
            Some(c) => {
                let modules = build.run("parsers", &WITH_C, Some(&c));
                for name in &with_c {
                    // QuickJS is compiled from a copy, and the copy's path stands in the module.
                    let reproducible = name != "run-javascript";
                    add(name, Ok(modules.join(format!("{name}.wasm"))), reproducible, Some(c.version()));
                }
            }
            None => with_c.iter().for_each(|name| add(name, Err(NO_C_COMPILER), true, None)),
        }
        if python.is_file() {
            add("run-python", Ok(python), false, None);
        } else {
            add("run-python", Err(NO_PYTHON), false, None);
        }
    }
    write_constants(&out, &made);
    hostile::write(&root, &out);
}

/// The folder of this profile of the host's build; cargo lets one build of it run at a time.
fn beside_build_scripts(out: &Path) -> &Path {
    out.ancestors().find(|folder| folder.ends_with("build")).and_then(Path::parent).unwrap_or(out)
}

/// The guests that parse and lint: one a file below `code/src/bin`.
fn language_guests(guests: &Path) -> Vec<String> {
    let folder = guests.join("code/src/bin");
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    names
}

fn write_constants(out: &Path, made: &[Made]) {
    let mut text = String::new();
    let constant = |name: &str| name.to_uppercase().replace('-', "_");
    for guest in made {
        let name = &guest.name;
        let (packed, size, digest, missing, manifest) = match &guest.module {
            Ok(path) => {
                let wasm = sources::read(path);
                let packed = out.join(format!("{name}.wasm.zz"));
                pack(&wasm, &packed);
                let manifest = manifest::read(&wasm).unwrap_or_else(|| {
                    panic!("the guest {name} has no manifest in its section genesis:guest")
                });
                let include = format!("include_bytes!({:?})", packed.display().to_string());
                (include, wasm.len(), digest(&wasm), String::new(), manifest)
            }
            Err(why) => ("&[]".to_owned(), 0, String::new(), (*why).to_owned(), serde_json::Value::Null),
        };
        writeln!(
            text,
            "/// The guest `{name}`.\npub const {}: Guest = Guest {{ name: {name:?}, digest: {digest:?}, packed: \
             {packed}, size: {size}, applies: {:?}, languages: &{:?}, analyses: &{:?}, manifest: {:?}, \
             reproducible: {}, c_compiler: {:?}, missing: {missing:?} }};",
            constant(name),
            manifest::text(&manifest, "applies"),
            manifest::list(&manifest, "languages"),
            manifest::list(&manifest, "analyses"),
            if manifest.is_null() { String::new() } else { manifest.to_string() },
            guest.reproducible,
            guest.c_compiler.as_deref().unwrap_or_default(),
        )
        .expect("writing to a string cannot fail");
    }
    let constants: Vec<String> = made.iter().map(|guest| constant(&guest.name)).collect();
    let modules: Vec<String> = made.iter().map(|guest| guest.name.replace('-', "_")).collect();
    writeln!(
        text,
        "/// Every built-in guest.\npub const ALL: &[Guest] = &[{}];\n\n\
         /// Hands the guests' names to a macro; a test file that lacks a test module for one does not compile.\n\
         #[macro_export]\nmacro_rules! foreach_guest {{\n    ($macro:ident) => {{ $macro! {{ {} }} }};\n}}",
        constants.join(", "),
        modules.join(" ")
    )
    .expect("writing to a string cannot fail");
    fs::write(out.join("guests.rs"), text).expect("OUT_DIR can be written");
}

/// Deflates a module, unless that was done already: grammars are tables, which shrink to a tenth.
fn pack(wasm: &[u8], path: &Path) {
    const LEVEL: u8 = 6;
    let stamp = path.with_extension("of");
    let digest = digest(wasm);
    if path.is_file() && fs::read_to_string(&stamp).is_ok_and(|old| old == digest) {
        return;
    }
    fs::write(path, miniz_oxide::deflate::compress_to_vec_zlib(wasm, LEVEL)).expect("OUT_DIR can be written");
    fs::write(stamp, digest).expect("OUT_DIR can be written");
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}
