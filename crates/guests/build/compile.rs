//! The guests' builds: cargo, offline, in a target folder of its own.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip1";

/// A build of the guests.
pub(crate) struct Build {
    cargo: OsString,
    stage: PathBuf,
    target: PathBuf,
    /// Where cargo keeps the sources of crates; their paths must not reach a module.
    registries: Vec<PathBuf>,
}

/// A C compiler that makes objects for the guests' target.
pub(crate) struct CCompiler {
    pub(crate) cc: String,
    pub(crate) ar: String,
    pub(crate) cflags: String,
}

impl Build {
    #[expect(
        clippy::disallowed_methods,
        reason = "a build script is told everything through the environment"
    )]
    pub(crate) fn new(stage: PathBuf, target: PathBuf) -> Self {
        let cargo_home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
        Self {
            cargo: env::var_os("CARGO").expect("cargo sets CARGO"),
            stage,
            target,
            registries: cargo_home.map(|home| registry_sources(&home)).unwrap_or_default(),
        }
    }

    /// Builds packages under a profile and gives the folder of their modules.
    pub(crate) fn run(&self, profile: &str, packages: &[&str], c: Option<&CCompiler>) -> PathBuf {
        let mut command = self.command();
        command
            .args([
                "build",
                "--locked",
                "--offline",
                "--target",
                TARGET,
                "--profile",
                profile,
                "--target-dir",
            ])
            .arg(&self.target)
            .args(packages.iter().flat_map(|name| ["--package", name]));
        if let Some(c) = c {
            // Neither the host's flags for C nor a path of this machine may reach the modules.
            let mut cflags = c.cflags.clone();
            for (from, to) in self.moved() {
                write!(cflags, " -ffile-prefix-map={}={to}", from.display())
                    .expect("writing to a string cannot fail");
            }
            command
                .env("CC_wasm32_wasip1", &c.cc)
                .env("AR_wasm32_wasip1", &c.ar)
                .env("CFLAGS_wasm32_wasip1", cflags)
                .env("RQUICKJS_SYS_NO_WASI_SDK", "1")
                .env_remove("CFLAGS");
        }
        let output = command.output().expect("cargo runs: it runs this build script");
        if !output.status.success() {
            fail(&String::from_utf8_lossy(&output.stderr));
        }
        self.target.join(TARGET).join(profile)
    }

    #[expect(clippy::disallowed_methods, reason = "what the host's build set must not reach the guests'")]
    fn command(&self) -> Command {
        let flags: Vec<String> =
            self.moved().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
        let mut command = Command::new(&self.cargo);
        command.current_dir(&self.stage).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        // What cargo, clippy or rustdoc set for the host's build must not reach the guests'.
        for (name, _) in env::vars_os() {
            let Some(text) = name.to_str() else { continue };
            let of_this_build =
                text.starts_with("CARGO_") && !matches!(text, "CARGO_HOME" | "CARGO_ENCODED_RUSTFLAGS");
            if of_this_build
                || matches!(text, "RUSTFLAGS" | "RUSTC" | "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER")
            {
                command.env_remove(text);
            }
        }
        command
    }

    /// Paths of this machine and what stands for them in a module.
    fn moved(&self) -> impl Iterator<Item = (&Path, &'static str)> {
        let registries = self.registries.iter().map(|path| (path.as_path(), "/crates"));
        std::iter::once((self.stage.as_path(), "/genesis")).chain(registries)
    }
}

impl CCompiler {
    /// The one that `cargo xtask setup` found or installed, which it wrote to `target/wasm-cc.toml`; else Debian's
    /// clang with its library for WASI.
    pub(crate) fn find(root: &Path) -> Option<Self> {
        let chosen = root.join("target/wasm-cc.toml");
        if let Ok(text) = std::fs::read_to_string(&chosen) {
            let value = |key: &str| {
                let line = text.lines().find(|line| line.starts_with(&format!("{key} = ")))?;
                Some(line.split_once('"')?.1.rsplit_once('"')?.0.to_owned())
            };
            if let (Some(cc), Some(ar), Some(cflags)) = (value("cc"), value("ar"), value("cflags")) {
                return Some(Self { cc, ar, cflags });
            }
        }
        let headers = Path::new("/usr/include/wasm32-wasi");
        let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
        (headers.is_dir() && runs("clang") && runs("llvm-ar")).then(|| Self {
            cc: "clang".to_owned(),
            ar: "llvm-ar".to_owned(),
            cflags: format!("--target=wasm32-wasi -isystem {}", headers.display()),
        })
    }

    /// The compiler's own first line about itself. Modules with C in them are the same only under the same one.
    pub(crate) fn version(&self) -> String {
        let output = Command::new(&self.cc).arg("--version").output();
        let text =
            output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        text.lines().next().unwrap_or("unknown").to_owned()
    }
}

fn fail(stderr: &str) -> ! {
    let hint = if stderr.contains("can't find crate for `core`")
        || stderr.contains("can't find crate for `std`")
    {
        "\nthe target is missing: rustup target add wasm32-wasip1 (or: cargo xtask setup)"
    } else if stderr.contains("--offline") || stderr.contains("offline") {
        "\na crate is not downloaded yet: cargo fetch --manifest-path sandbox-guests/Cargo.toml (or: cargo xtask setup)"
    } else {
        ""
    };
    panic!("the guests do not build{hint}\n{stderr}");
}

fn registry_sources(cargo_home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(cargo_home.join("registry/src")) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}
