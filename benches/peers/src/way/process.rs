//! A process for each run: by itself, in bubblewrap's namespaces, and the interpreters of this machine, of which node runs
//! the guest with its own WASI as well, and both only read the template.

use std::env;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Absent, Given, Way};
use crate::Result;

/// What bubblewrap shares of this machine: programs and libraries, to be read.
const NAMESPACES: [&str; 15] = [
    "--unshare-all",
    "--die-with-parent",
    "--clearenv",
    "--new-session",
    "--cap-drop",
    "ALL",
    "--ro-bind",
    "/usr",
    "/usr",
    "--symlink",
    "usr/lib",
    "/lib",
    "--symlink",
    "usr/lib64",
    "/lib64",
];
const NODE_WASI: &str = "\
    const { WASI } = require('node:wasi');\
    const wasi = new WASI({ version: 'preview1' });\
    const imports = { wasi_snapshot_preview1: wasi.wasiImport };\
    const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));\
    wasi.start(new WebAssembly.Instance(module, imports));";
const NODE: &str =
    "process.stdout.write(String(Object.keys(JSON.parse(require('fs').readFileSync(0,'utf8'))).length))";
const PYTHON: &str = "import json, sys; print(len(json.load(sys.stdin)))";

pub const BUBBLEWRAP: &str = "bubblewrap, a process each";

pub fn ways(given: &Given) -> Result<(Vec<Way>, Vec<Absent>)> {
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("input.json");
    fs::write(&input, &given.input)?;
    let validator = folder.path().join("validator.wasm");
    fs::write(&validator, &given.validator)?;
    let validator = validator.to_str().ok_or("the path of a temporary folder is text")?.to_owned();
    let python = python();
    let once = env::current_exe()?.with_file_name("validate-once");
    let once = once.to_str().ok_or("the path of the program is text")?.to_owned();
    let keeps = std::rc::Rc::new(folder);
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<String>>();

    let mut in_bubblewrap = words(&NAMESPACES);
    in_bubblewrap.extend(words(&["--ro-bind", &once, "/validate-once", "/validate-once"]));
    let commands = [
        ("a process each", "process", &*once, Vec::new(), Some(&given.report)),
        (BUBBLEWRAP, "namespaces", "bwrap", in_bubblewrap, Some(&given.report)),
        (
            "python3 reading the JSON, a process each",
            "process",
            &*python,
            words(&["-I", "-S", "-c", PYTHON]),
            None,
        ),
        (
            "node with its own WASI, a process each",
            "WASI of node",
            "node",
            words(&["--no-warnings", "-e", NODE_WASI, "--", &validator]),
            Some(&given.report),
        ),
        ("node reading the JSON, a process each", "process", "node", words(&["-e", NODE]), None),
    ];
    let (mut ways, mut absent) = (Vec::new(), Vec::new());
    for (name, isolated, program, arguments, wanted) in commands {
        match output(program, &arguments, &input) {
            Ok(given) if wanted.is_none_or(|wanted| given == *wanted) => {
                let (program, input, keeps) = (program.to_owned(), input.clone(), keeps.clone());
                let run = move || {
                    let _folder: &TempDir = &keeps;
                    output(&program, &arguments, &input).expect("it ran a moment ago");
                };
                ways.push(Way::new(name, isolated, "no", run));
            }
            Ok(_) => absent.push(Absent { name, why: "it gives another report".to_owned() }),
            Err(why) => absent.push(Absent { name, why }),
        }
    }
    Ok((ways, absent))
}

/// The interpreter itself: `python3` may be a script that looks for one.
fn python() -> String {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let path = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    path.ok().filter(|path| !path.is_empty()).unwrap_or_else(|| "python3".to_owned())
}

fn output(program: &str, arguments: &[String], input: &Path) -> std::result::Result<Vec<u8>, String> {
    let input = File::open(input).map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::from(input))
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(told.lines().next().unwrap_or("it failed").to_owned());
    }
    Ok(output.stdout)
}
