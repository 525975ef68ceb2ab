//! Instances with a repository each, one ledger, and a central repository that all are mirrored to.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use genesis_servers::{Nats, Postgres};
use serde_json::{Value, json};

use super::stage::{Service, by_nats, experiments, message, results};
use crate::support::{Bench, Ran, greeting};

const RUN: &str = "genesis.experiment.run";

/// What the instances share.
struct Shared {
    nats: Nats,
    postgres: Postgres,
    folder: tempfile::TempDir,
}

impl Shared {
    fn new() -> Self {
        let postgres = Postgres::start().unwrap();
        postgres.create_database("ledger").unwrap();
        Self { nats: Nats::start(1 << 20).unwrap(), postgres, folder: tempfile::tempdir().unwrap() }
    }

    fn ledger(&self) -> String {
        self.postgres.url("postgres", "ledger")
    }

    fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror.git")
    }

    /// Makes the mirror, as an administrator would.
    fn make_mirror(&self) {
        let mirror = self.mirror().display().to_string();
        assert!(Command::new("git").args(["init", "--quiet", "--bare", &mirror]).status().unwrap().success());
    }

    /// An instance that is ready to start.
    fn instance(&self, bench: &Bench, name: &str, bus: &str) -> Command {
        let (ledger, mirror) = (self.ledger(), self.mirror().display().to_string());
        let mut command = bench.command(&["serve", "--bus", bus, "--listen", "127.0.0.1:0"]);
        command.args(["--database", &ledger, "--mirror", &mirror, "--instance", name]);
        command
    }

    fn start(&self, bench: &Bench, name: &str) -> Service {
        Service::spawn(self.instance(bench, name, &self.nats.url()))
    }

    /// `genesis history verify` of one instance, or of the mirror.
    fn verify(&self, bench: &Bench, more: &[&str]) -> Ran {
        let ledger = self.ledger();
        bench.genesis(&[&["history", "verify", "--database", &ledger], more].concat())
    }

    fn rows(&self, sql: &str) -> Vec<(String, String)> {
        let told = self.postgres.psql("ledger", &["-A", "-t", "-F", " ", "-c", sql]).unwrap();
        told.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    }

    /// Nothing is lost, done twice or half done, in any of the repositories.
    fn assert_sound(&self, benches: &[&Bench], requests: usize) {
        for bench in benches {
            let verified = self.verify(bench, &[]);
            assert_eq!(verified.code, Some(0), "{verified:?}");
            assert_fsck(&bench.history());
        }
        let verified = self.verify(benches[0], &["--mirror", &self.mirror().display().to_string()]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        assert_fsck(&self.mirror());
        let recorded = experiments(benches[0], &["--database", &self.ledger()]);
        assert_eq!(recorded.len(), requests, "one experiment a request");
        // The same by git's and the database's own words.
        let known = git(&self.mirror(), &["for-each-ref", "--format=%(objectname) %(refname)"]);
        for (id, tip) in self.rows("SELECT experiment_id, final_commit FROM experiment_records") {
            let named: Vec<&str> = known.lines().filter(|line| line.ends_with(&id)).collect();
            assert_eq!(named.len(), 1, "{id}: {known}");
            assert!(named[0].starts_with(&tip), "{named:?}");
        }
        for (template, head) in self.rows("SELECT template_id, head FROM template_head") {
            let branches = format!("refs/instances/*/templates/{template}");
            let holding = git(&self.mirror(), &["for-each-ref", "--contains", &head, &branches]);
            assert!(!holding.is_empty(), "{template} at {head}");
        }
    }
}

fn git(repository: &Path, args: &[&str]) -> String {
    let output = Command::new("git").arg("--git-dir").arg(repository).args(args).output().unwrap();
    let ran = Ran::of(&output);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.stdout
}

fn assert_fsck(repository: &Path) {
    let output = Command::new("git")
        .arg("--git-dir")
        .arg(repository)
        .args(["fsck", "--full", "--strict"])
        .output()
        .unwrap();
    let fsck = Ran::of(&output);
    assert_eq!(fsck.code, Some(0), "{fsck:?}");
    assert!(!fsck.stderr.contains("error") && !fsck.stdout.contains("missing"), "{fsck:?}");
}

/// A request for version `1.<minor>.0` of a template.
fn version(template: &str, minor: usize) -> (String, Value) {
    let id = format!("{template}-{minor}");
    let newest = format!("1.{minor}.0");
    let mut candidate = greeting(&newest);
    candidate["id"] = json!(template);
    let changelog = |minor: usize| json!({ "version": format!("1.{minor}.0"), "date": "2025-01-02", "changes": ["a change"] });
    candidate["changelog"] = (0..=minor).rev().map(changelog).collect();
    candidate["content"]["code"] =
        json!(format!("print(\"{newest}\")\nprint({{{{#if loud}}}}1{{{{else}}}}0{{{{/if}}}})\n"));
    let request = json!({
        "experiment_id": id,
        "instance_id": "singularity_1",
        "template": candidate,
        "version": newest,
        "risk_level": "low",
    });
    (id, request)
}

fn messages(templates: &[&str], minor: usize) -> Vec<Value> {
    let sent = |template: &&str| {
        let (id, request) = version(template, minor);
        message(RUN, Some(&id), request.to_string())
    };
    templates.iter().map(sent).collect()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not within two minutes: {what}");
}

/// How many versions were promoted over one that another repository had promoted.
fn crossings(shared: &Shared) -> usize {
    let promoted = shared.rows(
        "SELECT template_id, repository_id FROM promoted_versions
         JOIN refs ON refs.name = 'refs/experiments/' || promoted_versions.experiment_id ORDER BY template_id, position",
    );
    promoted.windows(2).filter(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1).count()
}

/// Judges so many versions of some templates by two instances, one of which is killed again and again.
fn two_instances(
    templates: &[&str],
    versions: usize,
    kills: impl Fn(usize) -> Option<Duration>,
) -> (usize, usize) {
    let (shared, a, b) = (Shared::new(), Bench::new(), Bench::new());
    shared.make_mirror();
    let url = shared.nats.url();
    let mut first = shared.start(&a, "a");
    let second = shared.start(&b, "b");
    let mut requests = 0;
    for minor in 0..versions {
        requests += templates.len();
        let sent = messages(templates, minor);
        if let Some(delay) = kills(minor) {
            by_nats(&url, &sent, 0);
            std::thread::sleep(delay);
            first.kill();
            first = shared.start(&a, "a");
            by_nats(&url, &[], requests);
        } else {
            by_nats(&url, &sent, requests);
        }
    }
    let told = by_nats(&url, &[], requests);
    for minor in 0..versions {
        for template in templates {
            let id = format!("{template}-{minor}");
            let all = results(&told, &id);
            assert!(!all.is_empty() && all.iter().all(|result| *result == all[0]), "{id}: {all:#?}");
            assert_eq!(all[0]["status"], "success", "{:#}", all[0]);
        }
    }
    for service in [first, second] {
        let (status, log) = service.end();
        assert_eq!(status.code(), Some(0), "{log}");
    }
    shared.assert_sound(&[&a, &b], requests);
    let heads = shared.rows("SELECT version, template_id FROM template_head");
    assert_eq!(heads.len(), templates.len());
    assert!(heads.iter().all(|(version, _)| *version == format!("1.{}.0", versions - 1)), "{heads:?}");
    (requests, crossings(&shared))
}

#[test]
fn two_instances_judge_each_others_versions_and_one_is_killed() {
    let kills = |minor| (minor == 2 || minor == 4).then(|| Duration::from_millis(minor as u64 * 50));
    let (requests, crossed) = two_instances(&["one", "two", "three", "four"], 6, kills);
    assert!(crossed > 0, "no version was judged against one of the other instance");
    println!("{requests} requests, 2 kills, {crossed} versions over one of the other instance");
}

#[test]
#[ignore = "soak: 60 versions of 8 templates, a kill for every second version"]
fn two_instances_outlive_many_kills() {
    let kills = |minor: usize| (minor % 2 == 1).then(|| Duration::from_millis(minor as u64 * 37 % 400));
    let (requests, crossed) = two_instances(&["a", "b", "c", "d", "e", "f", "g", "h"], 60, kills);
    println!(
        "SOAK mirror-kills 30 {requests} requests, each one experiment, {crossed} versions over one of the other instance"
    );
}

#[test]
fn nothing_is_judged_without_the_version_that_another_instance_promoted() {
    let (shared, a, b) = (Shared::new(), Bench::new(), Bench::new());
    let url = shared.nats.url();
    let service = shared.start(&a, "a");
    let told = by_nats(&url, &messages(&["t"], 0), 1);
    assert_eq!(results(&told, "t-0")[0]["status"], "success");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("mirror.git is away"), "{log}");
    let head = shared.rows("SELECT template_id, head FROM template_head").remove(0).1;

    // There is no mirror, and the version in force is in the other repository.
    let service = shared.start(&b, "b");
    by_nats(&url, &messages(&["t"], 1), 0);
    let handed_back = r#"genesis_requests_total{kind="experiment",outcome="handed_back"}"#;
    until("it is handed back", || service.get("/metrics").1.contains(handed_back));
    assert_eq!(experiments(&b, &["--database", &shared.ledger()]).len(), 1);
    assert!(!service.get("/metrics").1.contains("genesis_mirror_pushes_total{outcome=\"sent\"}"));

    // The one that has it comes back, for something else.
    shared.make_mirror();
    let back = Service::spawn(shared.instance(&a, "a", "in-process"));
    let told = by_nats(&url, &[], 2);
    assert_eq!(results(&told, "t-1")[0]["status"], "success", "{told:#?}");
    for (service, name) in [(service, "b"), (back, "a")] {
        let (status, log) = service.end();
        assert_eq!(status.code(), Some(0), "{log}");
        if name == "b" {
            assert!(log.contains("1.0.0 of `t` is in force and is not in this repository"), "{log}");
            assert_eq!(log.matches("is away; it is tried again").count(), 1, "{log}");
            assert!(log.contains("mirror.git is back"), "{log}");
        }
    }
    let parent = git(&b.history(), &["rev-parse", "refs/heads/templates/t^"]);
    assert_eq!(parent.trim(), head, "it was judged against the version in force");
    shared.assert_sound(&[&a, &b], 2);

    // Each says what is elsewhere, and nobody drops it.
    let verified = shared.verify(&a, &[]);
    assert!(verified.stdout.contains("1 experiments are in the repository of `b`"), "{verified:?}");
    assert!(verified.stdout.contains("promoted by `b`"), "{verified:?}");
    let refused = a.genesis(&["history", "rebuild-ledger", "--database", &shared.ledger()]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("in other repositories too (b)"), "{refused:?}");
    let refused = a.genesis(&["rollback", "t", "--database", &shared.ledger()]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(refused.stderr.contains("is not in this repository"), "{refused:?}");
    let mut back = a.command(&["rollback", "t", "--database", &shared.ledger()]);
    let back = Ran::of(&back.env("GENESIS_MIRROR", shared.mirror()).output().unwrap());
    assert_eq!(back.code, Some(0), "{back:?}");
    assert!(back.stdout.contains("t: 1.0.0 is in force again, 1.1.0 is not"), "{back:?}");
    for bench in [&a, &b] {
        let verified = shared.verify(bench, &[]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
    }

    // What is damaged here is a fault all the same.
    let experiment = git(&b.history(), &["for-each-ref", "--format=%(refname)", "refs/experiments"]);
    git(&b.history(), &["update-ref", "-d", experiment.trim()]);
    let verified = shared.verify(&b, &[]);
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert!(verified.stdout.contains("is in the ledger only"), "{verified:?}");
}

#[test]
fn two_instances_cannot_have_one_name_and_a_name_is_kept() {
    let (shared, a, b) = (Shared::new(), Bench::new(), Bench::new());
    shared.make_mirror();
    shared.start(&a, "a").end();
    let refused = shared.instance(&b, "a", "in-process").output().unwrap();
    let refused = Ran::of(&refused);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("the instance name `a` is taken"), "{refused:?}");
    let refused = Ran::of(&shared.instance(&b, "a/b", "in-process").output().unwrap());
    assert_eq!(refused.code, Some(2), "{refused:?}");

    let (ledger, mirror) = (shared.ledger(), shared.mirror().display().to_string());
    let unnamed = |bench: &Bench| {
        let mut command = bench.command(&["serve", "--bus", "in-process", "--listen", "127.0.0.1:0"]);
        command.env("GENESIS_DATABASE_URL", &ledger).env("GENESIS_MIRROR", &mirror);
        let (_, log) = Service::spawn(command).end();
        log.lines().find_map(|line| line.split_once("mirror.git as ")).unwrap().1.to_owned()
    };
    assert_eq!(unnamed(&a), "a");
    let own = unnamed(&b);
    assert!(own.starts_with("r-") && own.len() == 14, "{own}");
    assert_eq!(unnamed(&b), own);
}

#[test]
fn git_is_neither_led_astray_nor_lets_it_out_what_is_secret() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        let mut heads = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap() == 0 {
                    break;
                }
                head.extend(byte);
            }
            let head = String::from_utf8(head).unwrap();
            let answer = if head.contains("Authorization: ") { "403 Forbidden" } else { "401 Unauthorized" };
            let asking = "WWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close";
            write!(stream, "HTTP/1.1 {answer}\r\n{asking}\r\n\r\n").unwrap();
            let is_shown = head.contains("Authorization: ");
            heads.push(head);
            if is_shown {
                return heads;
            }
        }
    });
    let mut command = bench.command(&["serve", "--bus", "in-process", "--listen", "127.0.0.1:0"]);
    let seen = bench.path().join("seen");
    command
        .env("GENESIS_MIRROR", format!("http://mirror:s3%3Acret@127.0.0.1:{port}/all.git"))
        .env("GIT_DIR", "/nowhere")
        .env("GIT_TRACE", seen.display().to_string())
        .env("GIT_TRACE_CURL", seen.display().to_string())
        .env("GIT_ASKPASS", "/nowhere")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "remote.mirror.url")
        .env("GIT_CONFIG_VALUE_0", "/nowhere");
    let service = Service::spawn(command);
    let heads = asked.join().unwrap();
    assert!(heads[0].starts_with("GET /all.git/info/refs?service=git-"), "{heads:?}");
    // `mirror:s3:cret`
    assert!(heads.last().unwrap().contains("Authorization: Basic bWlycm9yOnMzOmNyZXQ="), "{heads:?}");
    let failed = r#"genesis_mirror_pushes_total{outcome="failed"}"#;
    until("it has failed", || service.get("/metrics").1.contains(failed));
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("is away"), "{log}");
    assert!(!log.contains("cret") && !log.contains("/nowhere"), "{log}");
    assert!(!seen.exists(), "git was told to write down what it does");
    let shown =
        bench.command(&["config", "show"]).env("GENESIS_MIRROR", "https://a:s3cret@h/x").output().unwrap();
    let shown = Ran::of(&shown);
    assert!(shown.stdout.contains("serve.mirror = https://a:***@h/x"), "{shown:?}");
}
