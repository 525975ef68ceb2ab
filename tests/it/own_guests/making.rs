//! `genesis guest new`: what it writes builds, and passes its tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Bench, greeting, project};

const LANGUAGES: [&str; 3] = ["rust", "c", "assemblyscript"];
const APPLIES: [&str; 3] = ["template", "case", "code"];

fn new(bench: &Bench, name: &str, language: &str, applies: &str) -> PathBuf {
    let ran = bench.genesis(&["guest", "new", name, "--language", language, "--applies", applies]);
    assert_eq!(ran.code, Some(0), "{language} {applies}: {ran:?}");
    bench.path().join(name)
}

fn build(command: &mut Command, folder: &Path) {
    let output = command.current_dir(folder).output().unwrap();
    let told =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(output.status.success(), "{told}");
    assert!(!told.contains("warning:"), "{told}");
}

/// What a person does next: test it, look at it, use it.
fn assert_works(bench: &Bench, project: &Path, module: &str, applies: &str) {
    let at = |path: &str| project.join(path).display().to_string();
    let module = at(module);
    let ran = bench.genesis(&["guest", "test", &module, &at("tests")]);
    assert_eq!(ran.code, Some(0), "{applies}: {}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("3 passed, 0 failed"), "{ran:?}");
    let ran = bench.genesis(&["guest", "inspect", &module]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("manifest"), "{ran:?}");
    if applies == "code" {
        return;
    }
    let mut template = greeting("1.0.0");
    template["content"]["code"] = "print(1)  \n".into();
    let template = bench.template("greeting.json", &template);
    let (code, report) = bench.experiment(&template, &["--guest", &module, "--dry-run"]);
    assert_eq!(code, 0, "{report:#}");
    let found = report.to_string().contains("trailing-space");
    assert_eq!(
        found,
        applies == "case",
        "the text that was rendered has it, the template has not: {report:#}"
    );
}

#[test]
fn a_guest_in_rust_builds_offline_as_it_is_pinned_and_passes_its_tests() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-guests");
    for applies in APPLIES {
        let bench = Bench::new();
        let name = format!("new-{applies}");
        let project = new(&bench, &name, "rust", applies);
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["build", "--release", "--target", "wasm32-wasip1", "--offline", "--locked"])
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        build(&mut command, &project);
        std::fs::copy(target.join(format!("wasm32-wasip1/release/{name}.wasm")), project.join("built.wasm"))
            .unwrap();
        assert_works(&bench, &project, "built.wasm", applies);
    }
}

#[test]
fn a_guest_in_c_builds_and_passes_its_tests() {
    let mut probe = Command::new("clang");
    probe.args(["--target=wasm32-wasi", "-o", "probe.wasm", "probe.c"]);
    let bench = Bench::new();
    bench.write("probe.c", "#include <stdio.h>\nint main(void) { return 0; }\n");
    if !probe.current_dir(bench.path()).output().is_ok_and(|output| output.status.success()) {
        println!(
            "skipped: no clang with a libc for wasm32-wasi (Debian: clang lld wasi-libc libclang-rt-14-dev-wasm32)"
        );
        return;
    }
    for applies in APPLIES {
        let bench = Bench::new();
        let project = new(&bench, "in-c", "c", applies);
        let readme = std::fs::read_to_string(project.join("README.md")).unwrap();
        let line = readme.lines().find(|line| line.starts_with("clang ")).unwrap();
        let mut words = line.split(' ');
        build(Command::new(words.next().unwrap()).args(words), &project);
        assert_works(&bench, &project, "in-c.wasm", applies);
    }
}

/// Needs the packages that package-lock.json names; a test fetches nothing, so `cargo xtask setup` has to have done it.
#[test]
fn a_guest_in_assemblyscript_builds_and_passes_its_tests() {
    let modules = project("target/tools/assemblyscript/node_modules");
    if !modules.join(".package-lock.json").is_file() {
        println!("skipped: {} is not there; `cargo xtask setup` installs it by npm", modules.display());
        return;
    }
    for applies in APPLIES {
        let bench = Bench::new();
        let project = new(&bench, "in-assembly", "assemblyscript", applies);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&modules, project.join("node_modules")).unwrap();
        build(Command::new("npm").args(["run", "--silent", "build"]), &project);
        assert_works(&bench, &project, "in-assembly.wasm", applies);
    }
}

#[test]
fn what_is_written_is_whole() {
    let bench = Bench::new();
    for (number, (language, applies)) in
        LANGUAGES.iter().flat_map(|language| APPLIES.map(|applies| (language, applies))).enumerate()
    {
        let name = format!("guest-{number}");
        let project = new(&bench, &name, language, applies);
        let mut folders = vec![project.clone()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                files += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(text.ends_with('\n'), "{}", path.display());
                let own = !path.starts_with(project.join("genesis"));
                for left in ["{{name}}", "{{manifest}}", "{{sdk_version}}", "// [end]", "// [case]"] {
                    assert!(!own || !text.contains(left), "{}: {left}", path.display());
                }
                if path.extension().is_some_and(|extension| extension == "json") {
                    serde_json::from_str::<serde_json::Value>(&text)
                        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                }
            }
        }
        assert!(files >= 10, "{language} {applies}: {files} files");
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let bench = Bench::new();
    bench.write("mine/src/main.rs", "// mine\n");
    let ran = bench.genesis(&["guest", "new", "mine"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("main.rs is there already"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(bench.path().join("mine/src/main.rs")).unwrap(), "// mine\n");
    assert!(!bench.path().join("mine/Cargo.toml").exists(), "all of it is written or nothing");
    assert_eq!(bench.genesis(&["guest", "new", "mine", "elsewhere/deep"]).code, Some(0));
    assert!(bench.path().join("elsewhere/deep/Cargo.toml").exists());
}

#[test]
fn a_name_that_cannot_be_one_is_refused() {
    let bench = Bench::new();
    for name in ["", "Caps", "two words", "a--b", "-a", "a-", "1a", "a/b", "../a", "match", "serde", "ünlaut"]
    {
        let ran = bench.genesis(&["guest", "new", "--", name]);
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
    }
    assert_eq!(std::fs::read_dir(bench.path()).unwrap().count(), 0);
}
