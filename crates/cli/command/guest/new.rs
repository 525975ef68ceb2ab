//! `genesis guest new`: a project that builds with one command and passes `genesis guest test`.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::args::{GuestApplies, GuestLanguage, GuestNew};
use crate::command::guest::sdk;
use crate::command::print;
use crate::exit::{Exit, Failure};

/// Most bytes of a guest's name, as of a check's name in a policy.
const MOST_NAME_BYTES: usize = 64;

/// Names that cargo takes for something else.
const TAKEN: [&str; 10] = [
    "alloc",
    "core",
    "genesis-abi",
    "genesis-guest-link",
    "genesis-guest-sdk",
    "proc-macro",
    "serde",
    "serde_json",
    "std",
    "test",
];

/// Words that Rust reserves: no package is called by one.
const KEYWORDS: &str = " abstract as async await become box break const continue crate do dyn else enum extern false \
                        final fn for gen if impl in let loop macro match mod move mut override priv pub ref return \
                        self static struct super trait true try type typeof unsafe unsized use virtual where while \
                        yield ";

/// Writes a project. Nothing that exists is overwritten.
pub(super) fn run(args: &GuestNew) -> Result<Exit, Failure> {
    check_name(&args.name)?;
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let project = Project::new(args);
    let there: Vec<&str> = project
        .files
        .iter()
        .map(|(path, _)| path.as_str())
        .filter(|path| folder.join(path).symlink_metadata().is_ok())
        .collect();
    if let Some(first) = there.first() {
        let more = if there.len() > 1 { format!(" and {} more", there.len() - 1) } else { String::new() };
        return Err(Failure::usage(format!(
            "{}{more} is there already; nothing was written",
            folder.join(first).display()
        ))
        .with_help("name another folder: genesis guest new NAME DIR"));
    }
    for (path, content) in &project.files {
        write_new(&folder.join(path), content)?;
    }
    print(&project.told(&folder))?;
    Ok(Exit::Success)
}

fn check_name(name: &str) -> Result<(), Failure> {
    let kebab = name.split('-').all(|word| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    if !kebab || name.len() > MOST_NAME_BYTES || !name.as_bytes()[0].is_ascii_lowercase() {
        return Err(Failure::usage(format!("`{name}` is no name for a guest")).with_help(format!(
            "small letters and digits with single dashes between them, a letter first, at most {MOST_NAME_BYTES}"
        )));
    }
    if TAKEN.contains(&name) || KEYWORDS.contains(&format!(" {name} ")) {
        return Err(Failure::usage(format!("`{name}` means something else to Rust"))
            .with_help("choose another name, such as one with two words"));
    }
    Ok(())
}

fn write_new(path: &Path, content: &str) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("{} cannot be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(content.as_bytes()).map_err(failed)
}

/// What is written, and what is said of it.
struct Project {
    name: String,
    /// Path below the project's folder, with `/`, and text.
    files: Vec<(String, String)>,
    build: String,
    module: String,
    needs: &'static str,
}

impl Project {
    fn new(args: &GuestNew) -> Self {
        let name = args.name.as_str();
        let applies = args.applies;
        let mut project = match args.language {
            GuestLanguage::Rust => Self::rust(name, applies),
            GuestLanguage::C => Self::c(name, applies),
            GuestLanguage::Assemblyscript => Self::assemblyscript(name, applies),
        };
        project.files.push(("README.md".to_owned(), project.readme(applies)));
        project.files.extend(cases(name, applies));
        project
    }

    fn rust(name: &str, applies: GuestApplies) -> Self {
        let text = |text: &str| chosen(text, name, applies);
        let sdk_version = sdk::version();
        let manifest = text(include_str!("../../scaffold/rust/Cargo.toml.txt"));
        let mut files = vec![
            ("Cargo.toml".to_owned(), manifest.replace("{{sdk_version}}", &sdk_version)),
            ("Cargo.lock".to_owned(), sdk::lock(name)),
            ("build.rs".to_owned(), text(include_str!("../../scaffold/rust/build.rs"))),
            ("src/main.rs".to_owned(), text(include_str!("../../scaffold/rust/main.rs"))),
            (".gitignore".to_owned(), "/target\n".to_owned()),
        ];
        files.extend(sdk::FILES.iter().map(|(path, text)| (format!("genesis/{path}"), (*text).to_owned())));
        Self {
            name: name.to_owned(),
            files,
            build: "cargo build --release --target wasm32-wasip1".to_owned(),
            module: format!("target/wasm32-wasip1/release/{name}.wasm"),
            needs: "Rust 1.95 or newer with its wasm target: rustup target add wasm32-wasip1",
        }
    }

    fn c(name: &str, applies: GuestApplies) -> Self {
        let files = vec![
            ("manifest.json".to_owned(), pretty(&manifest(name, applies))),
            ("src/guest.c".to_owned(), chosen(include_str!("../../scaffold/c/guest.c"), name, applies)),
            ("src/json.c".to_owned(), include_str!("../../scaffold/c/json.c").to_owned()),
            ("src/json.h".to_owned(), include_str!("../../scaffold/c/json.h").to_owned()),
            (".gitignore".to_owned(), "/*.wasm\n".to_owned()),
        ];
        Self {
            name: name.to_owned(),
            files,
            build: format!(
                "clang --target=wasm32-wasi -O2 -Wall -Wextra -Wl,--strip-all -o {name}.wasm src/guest.c src/json.c"
            ),
            module: format!("{name}.wasm"),
            needs: "clang and a libc for WASI, such as Debian's clang, lld, wasi-libc and libclang-rt-14-dev-wasm32",
        }
    }

    fn assemblyscript(name: &str, applies: GuestApplies) -> Self {
        let text = |text: &str| chosen(text, name, applies);
        let files = vec![
            ("manifest.json".to_owned(), pretty(&manifest(name, applies))),
            ("manifest.mjs".to_owned(), text(include_str!("../../scaffold/assemblyscript/manifest.mjs"))),
            ("package.json".to_owned(), text(include_str!("../../scaffold/assemblyscript/package.json"))),
            (
                "package-lock.json".to_owned(),
                text(include_str!("../../scaffold/assemblyscript/package-lock.json")),
            ),
            ("assembly/index.ts".to_owned(), text(include_str!("../../scaffold/assemblyscript/index.ts"))),
            ("assembly/json.ts".to_owned(), text(include_str!("../../scaffold/assemblyscript/json.ts"))),
            ("assembly/wasi.ts".to_owned(), text(include_str!("../../scaffold/assemblyscript/wasi.ts"))),
            (".gitignore".to_owned(), "/node_modules\n/*.wasm\n".to_owned()),
        ];
        Self {
            name: name.to_owned(),
            files,
            build: "npm ci && npm run build".to_owned(),
            module: format!("{name}.wasm"),
            needs: "Node.js 20 or newer with npm",
        }
    }

    fn readme(&self, applies: GuestApplies) -> String {
        let Self { name, build, module, needs, .. } = self;
        let (given, in_use) = match applies {
            GuestApplies::Template => ("a template", "genesis run-experiment TEMPLATE --guest"),
            GuestApplies::Case => {
                ("what each case of a template rendered", "genesis run-experiment TEMPLATE --guest")
            }
            GuestApplies::Code => ("code of one language", "genesis run -i INPUT"),
        };
        format!(
            "# {name}\n\n\
             A guest of Genesis: it is given {given}, runs in the sandbox, and reports what it finds.\n\n\
             Build it, try it, and see what it is made of:\n\n\
             ```sh\n{build}\ngenesis guest test {module} tests\ngenesis guest inspect {module}\n```\n\n\
             It needs {needs}.\n\n\
             Use it: `{in_use} {module}`. Pin it where it is used: `genesis guest lock {module}`.\n\n\
             Each folder below `tests` is a case: `template.json`, `files/` or a whole `input.json` is what the guest is \
             given, `expected.json` the report that must come. `genesis guest test {module} tests --bless` writes what \
             does come; look at the difference before you keep it.\n"
        )
    }

    fn told(&self, folder: &Path) -> String {
        let mut text = String::new();
        let mut copied = 0;
        for (path, _) in &self.files {
            if path.starts_with("genesis/") {
                copied += 1;
            } else {
                writeln!(text, "wrote {}", folder.join(path).display()).expect(INFALLIBLE);
            }
        }
        if copied > 0 {
            let below = folder.join("genesis");
            writeln!(text, "wrote {copied} files of the SDK below {}", below.display()).expect(INFALLIBLE);
        }
        writeln!(
            text,
            "next\n  cd {}\n  {}\n  genesis guest test {} tests\nit needs {}",
            folder.display(),
            self.build,
            self.module,
            self.needs
        )
        .expect(INFALLIBLE);
        text
    }
}

const INFALLIBLE: &str = "writing to a string cannot fail";

/// The text for what the guest is applied to: a line `// [a, b]` begins lines for `a` and `b` alone, `// [end]` ends
/// them.
fn chosen(text: &str, name: &str, applies: GuestApplies) -> String {
    let mut out = String::new();
    let mut keep = true;
    for line in text.lines() {
        let marker = line.trim_start().strip_prefix("// [").and_then(|rest| rest.strip_suffix(']'));
        match marker {
            Some(words) => {
                keep = words == "end" || words.split(", ").any(|word| word == applies_word(applies));
            }
            None if keep => {
                out.push_str(line);
                out.push('\n');
            }
            None => {}
        }
    }
    out.replace("{{name}}", name).replace("{{manifest}}", &manifest(name, applies).to_string())
}

fn applies_word(applies: GuestApplies) -> &'static str {
    match applies {
        GuestApplies::Template => "template",
        GuestApplies::Case => "case",
        GuestApplies::Code => "code",
    }
}

fn manifest(name: &str, applies: GuestApplies) -> Value {
    let mut manifest = json!({
        "name": name,
        "version": "0.1.0",
        "abi": genesis_abi::ABI_VERSION,
        "applies": applies_word(applies),
        "description": "says which lines end in white space",
    });
    if applies == GuestApplies::Code {
        manifest["languages"] = json!(["python"]);
        manifest["analyses"] = json!(["lint"]);
    }
    manifest
}

/// Three cases: nothing to find, something to find, and an input that is none.
fn cases(name: &str, applies: GuestApplies) -> Vec<(String, String)> {
    let (file, place, clean, trailing) = match applies {
        GuestApplies::Template => (
            "template.json",
            json!({ "span": { "line": 2, "column": 20, "offset": 21, "length": 2 } }),
            "{\n  \"id\": \"greeting\",\n  \"spec_version\": \"1.0.0\"\n}\n",
            "{\n  \"id\": \"greeting\",  \n  \"spec_version\": \"1.0.0\"\n}\n",
        ),
        GuestApplies::Case | GuestApplies::Code => (
            "files/greet.py",
            json!({ "file": "greet.py", "span": { "line": 2, "column": 19, "offset": 31, "length": 2 } }),
            "def greet():\n    print(\"hello\")\n",
            "def greet():\n    print(\"hello\")  \n",
        ),
    };
    let finding = json!({
        "severity": "warning",
        "code": "trailing-space",
        "message": "a line ends in white space",
        "place": place,
        "help": "remove it",
    });
    let report = |findings: &[Value]| {
        let mut report = json!({ "abi": genesis_abi::ABI_VERSION, "findings": findings });
        if applies == GuestApplies::Code {
            report["data"] = json!({ "by": format!("{name} 0.1.0"), "exact": true, "files": 1, "lines": 2 });
        }
        pretty(&report)
    };
    let own = |path: &str, text: &str| (format!("tests/{path}"), text.to_owned());
    vec![
        own(&format!("clean/{file}"), clean),
        own("clean/expected.json", &report(&[])),
        own(&format!("trailing-space/{file}"), trailing),
        own("trailing-space/expected.json", &report(&[finding])),
        own("not-an-input/input.json", "{}\n"),
        own("not-an-input/expected.json", &pretty(&json!({ "outcome": "failed", "exit_code": 2 }))),
    ]
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
