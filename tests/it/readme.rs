//! README.md shows only what works: its command lines are run here, in its order, and their output is compared line by
//! line. `[..]` stands for text that differs from run to run.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Bench, project};

/// A command line of the README and what it shows of the output; empty when it shows none.
struct Shown {
    line: String,
    output: Vec<String>,
    exit: i32,
}

#[test]
fn the_command_lines_of_the_readme_do_what_it_shows() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    let commands = commands(&readme);
    assert!(commands.len() >= 5, "the README shows {} command lines", commands.len());
    let bench = Bench::new();
    copy(&project("examples"), &bench.path().join("examples"));
    change(&bench);
    for shown in commands {
        let Some(args) = shown.line.strip_prefix("cargo genesis ") else { continue };
        let output = bench
            .command(&[])
            .args(args.split_whitespace())
            .env("COLUMNS", "100")
            .env("GENESIS_VERDICTS", bench.path().join("known"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let told = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(shown.exit), "{}:\n{told}", shown.line);
        if !shown.output.is_empty() {
            compare(&shown, &stdout);
        }
    }
}

#[test]
fn the_two_commands_are_aliases_of_xtask() {
    for arguments in [["genesis", "--version"], ["xtask", "--help"]] {
        let aliases = std::fs::read_to_string(project(".cargo/config.toml")).unwrap();
        assert!(aliases.contains(&format!("{} = ", arguments[0])), "{aliases}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_genesis")).arg("--version").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("genesis "));
}

fn commands(readme: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
            continue;
        }
        if !inside {
            continue;
        }
        match line.strip_prefix("$ ") {
            Some(command) => {
                let (command, comment) = command.split_once("  # ").unwrap_or((command, ""));
                let exit = comment.strip_prefix("exits with ").map_or(0, |code| code.trim().parse().unwrap());
                commands.push(Shown { line: command.trim().to_owned(), output: Vec::new(), exit });
            }
            None => commands.last_mut().expect("a block begins with a command").output.push(line.to_owned()),
        }
    }
    commands
}

fn compare(shown: &Shown, stdout: &str) {
    let real: Vec<&str> = stdout.lines().collect();
    let mut at = 0;
    for line in &shown.output {
        if line == "[...]" {
            // Lines are left out: the next one that is shown is looked for.
            at = usize::MAX;
            continue;
        }
        if at == usize::MAX {
            let after = real.iter().position(|real| matches(line, real));
            at = after.unwrap_or_else(|| panic!("{}: no line is `{line}` in\n{stdout}", shown.line));
        }
        let is = real.get(at).copied().unwrap_or("<end>");
        assert!(
            matches(line, is),
            "{}: the README shows\n{line}\nand it prints\n{is}\nin\n{stdout}",
            shown.line
        );
        at += 1;
    }
}

fn matches(pattern: &str, line: &str) -> bool {
    let mut rest = line.trim_end();
    let parts: Vec<&str> = pattern.trim_end().split("[..]").collect();
    for (position, part) in parts.iter().enumerate() {
        let found = if position == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) };
        let Some(found) = found else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.is_empty() || parts.last().is_some_and(|last| last.is_empty())
}

/// A repository with a branch that changes two templates, one of them badly.
fn change(bench: &Bench) {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(args);
        command.current_dir(bench.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.env("GIT_CONFIG_NOSYSTEM", "1").output().expect("git is installed");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    for (branch, version) in [("main", "1.0.0"), ("change", "1.1.0")] {
        git(&["checkout", "--quiet", "-B", branch]);
        for (name, example) in [("report", "broken"), ("service", "python-service")] {
            let text = std::fs::read(project(&format!("examples/{example}/{version}.json"))).unwrap();
            bench.write(&format!("templates/{name}.json"), text);
        }
        git(&["add", "templates"]);
        git(&["commit", "--quiet", "--message", version]);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
