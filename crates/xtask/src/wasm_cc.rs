//! A C compiler for wasm: the guests that run JavaScript or hold grammars have C inside.
//!
//! What was found is written to `target/wasm-cc.toml`, where the build of the guests reads it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::call::Call;
use crate::needs::install_debian;
use crate::project::Project;
use crate::python::{self, Package};

/// The chosen compiler, relative to the root.
const CHOSEN: &str = "target/wasm-cc.toml";
/// What a person can do when none can be had.
pub(crate) const BY_HAND: &str =
    "apt-get install clang lld llvm wasi-libc libclang-rt-14-dev-wasm32, or python3 with venv and pip";
/// Where Debian puts the headers of its C library for WASI.
const HEADERS: &str = "/usr/include/wasm32-wasi";
/// Debian's packages of a compiler that can do it.
const DEBIAN: [&str; 5] = ["clang", "lld", "llvm", "wasi-libc", "libclang-rt-14-dev-wasm32"];
/// A compiler that brings its own C library for WASI.
const ZIG: Package = Package { name: "ziglang", version: "0.15.2" };

/// A compiler, an archiver, and the flags that make them build for WASI.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    cc: String,
    ar: String,
    cflags: String,
}

/// Whether a compiler was chosen that is still there.
pub(crate) fn is_chosen(project: &Project) -> bool {
    Settings::chosen(project).is_some_and(|settings| settings.starts(project))
}

/// Lints of code for wasm, which find the chosen compiler; without one they are as they were.
///
/// Nothing is linked, so C is only preprocessed: to compile the grammars' takes minutes.
pub(crate) fn for_lints(project: &Project, call: Call) -> Call {
    let Some(settings) = Settings::chosen(project) else { return call };
    call.env("CC_wasm32_wasip1", settings.cc)
        .env("AR_wasm32_wasip1", settings.ar)
        .env("CFLAGS_wasm32_wasip1", format!("{} -E", settings.cflags))
        .env("RQUICKJS_SYS_NO_WASI_SDK", "1")
}

/// Chooses a compiler: clang where it can do it, else clang from Debian's packages where they can be installed, else zig
/// below `target/`.
pub(crate) fn choose(project: &Project) -> Result<()> {
    let clang = clang();
    if clang.compiles(project).is_err() {
        let installed = install_debian(project, &DEBIAN).and_then(|()| clang.compiles(project));
        if let Err(no_clang) = installed {
            let zig =
                zig(project).with_context(|| format!("clang cannot do it: {no_clang:#}; nor can zig"))?;
            eprintln!("setup: zig compiles C for wasm");
            return zig.write(project);
        }
    }
    eprintln!("setup: clang compiles C for wasm");
    clang.write(project)
}

fn clang() -> Settings {
    Settings {
        cc: "clang".to_owned(),
        ar: "llvm-ar".to_owned(),
        cflags: format!("--target=wasm32-wasi -isystem {HEADERS}"),
    }
}

fn zig(project: &Project) -> Result<Settings> {
    let environment = ZIG.environment(project)?;
    let program = python::packages(&environment)?.join("ziglang/zig");
    // Written below the folder of the tool, so that nothing is left in the home folder.
    let cache = environment.join("cache");
    let cc = environment.join("wasm-cc");
    let ar = environment.join("wasm-ar");
    write_program(&cc, &compiler(&program, &cache))?;
    write_program(&ar, &archiver(&program, &cache))?;
    let settings = Settings {
        cc: cc.display().to_string(),
        ar: ar.display().to_string(),
        // By default zig has C check itself for undefined behaviour, with calls that nothing links.
        cflags: "-fno-sanitize=undefined".to_owned(),
    };
    settings.compiles(project)?;
    Ok(settings)
}

/// A program that calls zig as a C compiler. The crate `cc` names the target in a way that zig does not take.
fn compiler(zig: &Path, cache: &Path) -> String {
    format!(
        "#!/bin/sh\n\
         # Written by `cargo xtask setup`.\n\
         for argument do\n\
         \x20 shift\n\
         \x20 case \"$argument\" in --target=*) ;; *) set -- \"$@\" \"$argument\" ;; esac\n\
         done\n\
         ZIG_GLOBAL_CACHE_DIR='{cache}' ZIG_LOCAL_CACHE_DIR='{cache}' exec '{zig}' cc -target wasm32-wasi \"$@\"\n",
        cache = cache.display(),
        zig = zig.display()
    )
}

fn archiver(zig: &Path, cache: &Path) -> String {
    format!(
        "#!/bin/sh\n\
         # Written by `cargo xtask setup`.\n\
         ZIG_GLOBAL_CACHE_DIR='{cache}' ZIG_LOCAL_CACHE_DIR='{cache}' exec '{zig}' ar \"$@\"\n",
        cache = cache.display(),
        zig = zig.display()
    )
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("failed to make {} a program", path.display()))?;
    }
    Ok(())
}

impl Settings {
    /// What was written when a compiler was chosen.
    fn chosen(project: &Project) -> Option<Self> {
        let text = fs::read_to_string(project.root().join(CHOSEN)).ok()?;
        let table = text.parse::<toml::Table>().ok()?;
        let value = |key: &str| table.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        Some(Self { cc: value("cc")?, ar: value("ar")?, cflags: value("cflags")? })
    }

    /// Whether both programs are there.
    fn starts(&self, project: &Project) -> bool {
        [&self.cc, &self.ar]
            .iter()
            .all(|program| Call::at(project, Path::new(program), ["--version"]).succeeds())
    }

    /// Compiles a file that needs the C library, and puts it into an archive.
    fn compiles(&self, project: &Project) -> Result<()> {
        let folder = project.root().join("target/tools/wasm-cc-probe");
        fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
        let path = |name: &str| folder.join(name).display().to_string();
        fs::write(
            folder.join("probe.c"),
            "#include <stdlib.h>\n#include <string.h>\nchar *probe(const char *text) { return strdup(text); }\n",
        )
        .context("failed to write a file to compile")?;
        let flags = self.cflags.split_whitespace().map(str::to_owned);
        // As the crate `cc` calls it.
        let words = ["--target=wasm32-wasip1", "-O2", "-c", "-o"].map(str::to_owned);
        let compile = Call::at(project, Path::new(&self.cc), words)
            .args([path("probe.o"), path("probe.c")])
            .args(flags);
        compile.output().with_context(|| format!("`{}` compiles no C for wasm", self.cc))?;
        let archive =
            Call::at(project, Path::new(&self.ar), ["crs".to_owned(), path("probe.a"), path("probe.o")]);
        archive.output().with_context(|| format!("`{}` makes no archive", self.ar))?;
        let object = fs::read(folder.join("probe.o")).context("failed to read what was compiled")?;
        if !object.starts_with(b"\0asm") {
            bail!("`{}` compiles, but not for wasm", self.cc);
        }
        Ok(())
    }

    fn write(&self, project: &Project) -> Result<()> {
        let Self { cc, ar, cflags } = self;
        let text = format!(
            "# Written by `cargo xtask setup`: what compiles C for the guests.\n\
             cc = \"{cc}\"\nar = \"{ar}\"\ncflags = \"{cflags}\"\n"
        );
        fs::write(project.root().join(CHOSEN), text).with_context(|| format!("failed to write {CHOSEN}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_is_not_there_compiles_nothing() {
        let project = Project::find().unwrap();
        let none =
            Settings { cc: "no-such-cc".to_owned(), ar: "no-such-ar".to_owned(), cflags: String::new() };
        assert!(!none.starts(&project));
        let error = format!("{:#}", none.compiles(&project).unwrap_err());
        assert!(error.contains("no-such-cc"), "{error}");
    }

    #[test]
    fn the_wrapper_takes_out_the_target_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("genesis-wasm-cc-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let zig = folder.join("zig");
        write_program(&zig, "#!/bin/sh\nprintf '%s|' \"$@\"\n").unwrap();
        let cc = folder.join("cc");
        write_program(&cc, &compiler(&zig, &folder)).unwrap();
        let project = Project::find().unwrap();
        let words = ["-O2", "--target=wasm32-wasip1", "-D", "A=a b", "x.c"];
        let told = Call::at(&project, &cc, words).output().unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(told, "cc|-target|wasm32-wasi|-O2|-D|A=a b|x.c|");
    }
}
