//! `genesis watch` sees a template being saved.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::{Bench, bumped, greeting};

/// Long enough for any machine; nothing waits for it when all is well.
const LONG: Duration = Duration::from_mins(2);

struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(bench: &Bench, args: &[&str]) -> Self {
        let mut command = bench.command(&[&["watch"], args].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let streams: [Box<dyn std::io::Read + Send>; 2] = [Box::new(stdout), Box::new(stderr)];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Self { child, lines }
    }

    /// The lines up to one that holds some words.
    fn until(&self, words: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.lines.recv_timeout(LONG).unwrap_or_else(|_| panic!("no `{words}` in {seen:#?}"));
            seen.push(line);
            if seen.last().is_some_and(|line| line.contains(words)) {
                return seen;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Saves as many editors do: another file takes the place.
fn save(bench: &Bench, name: &str, text: &str) {
    let beside = bench.write(&format!("{name}~"), text);
    std::fs::rename(beside, bench.path().join(name)).unwrap();
}

#[test]
fn each_save_is_judged_and_what_changed_is_shown() {
    let bench = Bench::new();
    let first = greeting("1.0.0");
    save(&bench, "greeting.json", &first.to_string());
    let mut watching = Watching::start(&bench, &["greeting.json"]);
    watching.until("MERGE");
    // A save of the same text says nothing.
    let mut worse = bumped(&first, "1.1.0");
    worse["content"]["code"] = "print(\n".into();
    save(&bench, "greeting.json", &first.to_string());
    save(&bench, "greeting.json", &worse.to_string());
    let told = watching.until("new  error[");
    assert!(told.iter().any(|line| line.starts_with("merge -> ")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains("fuel") && line.contains(" -> ")), "{told:#?}");
    save(&bench, "greeting.json", "{");
    watching.until("new  error[T0101]");
    save(&bench, "greeting.json", &first.to_string());
    let told = watching.until("gone error[T0101]");
    assert!(told.iter().any(|line| line.contains("-> merge")), "{told:#?}");
    assert!(!bench.path().join(".genesis").exists(), "nothing is recorded");

    let pid = watching.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(watching.child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_part_that_is_saved_is_seen() {
    let bench = Bench::new();
    for file in ["template.json", "worker.hbs", "partials/telemetry.hbs", "partials/schedule.hbs"] {
        let text = std::fs::read(crate::support::project("examples/elixir-worker").join(file)).unwrap();
        bench.write(&format!("worker/{file}"), text);
    }
    let watching = Watching::start(&bench, &["worker/template.json"]);
    watching.until("MERGE");
    save(&bench, "worker/partials/telemetry.hbs", "{{#if x}}");
    watching.until("new  error[");
}
