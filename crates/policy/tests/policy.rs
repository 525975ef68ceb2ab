//! Loading: what is taken, what is refused and how that is said.

use std::collections::BTreeMap;

use genesis_domain::{Digest, Risk};
use genesis_policy::{
    Class, Date, EMBEDDED, Isolation, Policy, Profile, Request, Selection, TightenError, diff, explain,
};

fn load_all(files: &[(&str, &str)], name: &str, today: Option<&str>) -> Result<Policy, String> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read =
        |path: &str| files.get(path).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned());
    Policy::load(name, &read, today.map(|day| day.parse::<Date>().expect("a date")))
        .map_err(|error| error.to_string())
}

fn load(name: &str) -> Policy {
    load_all(&[], name, None).expect("it is built in")
}

/// A policy that extends the default by `text`.
fn extending(text: &str) -> Result<Policy, String> {
    let text = format!("name = \"team\"\nextends = \"default\"\n{text}");
    load_all(&[("team.toml", &text)], "team.toml", Some("2026-06-15"))
}

#[test]
fn every_built_in_policy_loads_and_explains_itself() {
    for (name, _) in EMBEDDED {
        let policy = load(name);
        assert_eq!(policy.name(), name);
        let words = explain(&policy);
        for rule in policy.rules() {
            assert!(words.contains(&rule.name) && words.contains(&rule.text), "{name}: {}", rule.name);
        }
        for (path, value, origin) in policy.settings() {
            assert!(words.contains(&format!("{path} = {value}")), "{path}");
            assert!(origin.file.ends_with("(built in)") && origin.line > 0);
        }
    }
}

#[test]
fn the_default_documents_every_setting_right_above_it() {
    let text = EMBEDDED[0].1;
    let lines: Vec<&str> = text.lines().collect();
    for (path, _, origin) in load("default").settings() {
        let (section, key) = path.rsplit_once('.').unwrap();
        assert!(lines[origin.line - 1].starts_with(&format!("{key} = ")), "{path}");
        assert!(lines[origin.line - 2].starts_with("# "), "`{path}` has no comment in the default policy");
        let header = lines[..origin.line].iter().rposition(|line| line.starts_with('[')).unwrap();
        assert_eq!(lines[header], format!("[{section}]"), "{path}");
        assert!(lines[header - 1].starts_with("# "), "[{section}] has no comment in the default policy");
    }
}

#[test]
fn the_examples_in_the_comments_of_the_default_are_taken() {
    let mut text = EMBEDDED[0].1.replace("# [[", "[[");
    for key in
        ["template", "risk", "profile", "code", "reason", "expires", "name", "file", "language", "files"]
    {
        text = text.replace(&format!("# {key} = "), &format!("{key} = "));
    }
    let rules = "id: r\nlanguage: python\nrule: {pattern: eval($A)}\n";
    let files = [
        ("d.toml", text.as_str()),
        ("lint/ours.yml", rules),
        ("suites/test_service.py", "def test(): pass\n"),
    ];
    let policy = load_all(&files, "d.toml", Some("2026-06-15")).unwrap();
    assert_eq!(policy.lint_rules()[0].yaml, rules);
    assert_eq!(policy.suites()[0].files[0].0, "suites/test_service.py");
    let again = load_all(&[("c.toml", &policy.canonical_text())], "c.toml", None).unwrap();
    assert_eq!((again.suites(), again.lint_rules()), (policy.suites(), policy.lint_rules()));
    assert_eq!(again.digest(), policy.digest());
    assert_eq!(policy.exceptions().len(), 1);
    let asked = Request { template: "quality_template:go-production".to_owned(), ..Request::default() };
    assert_eq!(policy.tightened(&asked).unwrap().risk, Risk::High);
}

#[test]
fn the_settings_of_the_default_are_read_as_they_stand() {
    let policy = load("default");
    let limits = policy.limits_for("any");
    assert_eq!((limits.fuel, limits.wall_time_ms, limits.memory_bytes), (1_000_000_000, 10_000, 64 << 20));
    assert_eq!(
        (limits.table_elements, limits.stdout_bytes, limits.stderr_bytes),
        (100_000, 16 << 20, 1 << 20)
    );
    assert_eq!((limits.host_calls, policy.class_for("any")), (1_000_000, Class::Small));
    let module = policy.module_limits();
    assert_eq!((module.module_bytes, module.functions, module.locals), (32 << 20, 50_000, 10_000));
    assert_eq!((module.nesting, module.function_bytes), (512, 2 << 20));
    let worker = |required| Isolation::Worker { compile_time_ms: 60_000, required };
    assert_eq!((policy.isolation(), load("strict").isolation()), (worker(false), worker(true)));
    let max = policy.max();
    assert_eq!((max.template_bytes, max.depth, max.nodes, max.parts), (4 << 20, 64, 1_000_000, 256));
    assert_eq!((max.part_bytes, max.total_part_bytes), (1 << 20, 4 << 20));
    assert_eq!((max.rendered_bytes, max.experiment_bytes, max.risk), (4 << 20, 256 << 20, Risk::High));
    let plan = |risk| policy.plan(risk);
    assert_eq!(plan(Risk::Low).selection, Selection::Defaults);
    assert_eq!(plan(Risk::Medium).selection, Selection::EachAlone);
    assert_eq!((plan(Risk::High).selection, plan(Risk::High).repeat), (Selection::Pairwise, true));
    assert_eq!((plan(Risk::Medium).cases, plan(Risk::Medium).answer_bytes), (256, 4096));
    assert!(!policy.requires_generated_code() && load("strict").requires_generated_code());
    assert!(policy.rolls_back_automatically());
    assert!((policy.fuel_growth_warn() - 0.25).abs() < f64::EPSILON);
    let checks: Vec<&str> = policy.checks().iter().map(|check| check.guest.as_str()).collect();
    let of_code = ["check-syntax", "lint-code", "run-tests"];
    assert_eq!(checks, [&["validate-template", "render-template"], &of_code[..]].concat());
    for guest in of_code {
        let limits = policy.limits_for(guest);
        assert_eq!(
            (limits.fuel, limits.wall_time_ms, limits.memory_bytes),
            (20_000_000_000, 30_000, 512 << 20)
        );
        assert_eq!(policy.class_for(guest), Class::Large);
    }
}

#[test]
fn a_written_out_policy_has_the_same_digest() {
    for (name, _) in EMBEDDED {
        let policy = load(name);
        let text = policy.canonical_text();
        let again = load_all(&[("x/copy.toml", &text)], "x/copy.toml", None).unwrap();
        assert_eq!(again.digest(), policy.digest());
        assert_eq!(again.canonical_text(), text);
    }
    assert_ne!(load("default").digest(), load("strict").digest());
}

/// As written out by a program that knew no workers and five limits of modules.
#[test]
fn a_policy_recorded_before_a_setting_was_there_has_the_default_for_it_and_keeps_its_digest() {
    const SINCE: [&str; 5] = ["module_bytes", "functions", "locals", "nesting", "function_bytes"];
    let now = load("default");
    let text = now.canonical_text().replace("mode = \"worker\"\n", "mode = \"in-process\"\n");
    let mut section = "";
    let mut before = String::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with('[') {
            section = line.trim();
        }
        let key = line.split(" = ").next().unwrap_or_default();
        let is_new = match section {
            "[module]" => line.contains(" = ") && !SINCE.contains(&key),
            "[isolation]" => key == "required",
            _ => false,
        };
        if !is_new {
            before += line;
        }
    }
    assert_eq!(text.lines().count() - before.lines().count(), 17);
    let policy = Policy::load_recorded(&before).unwrap();
    assert_eq!(policy.canonical_text(), before);
    assert_eq!(policy.digest(), genesis_domain::Digest::of(before.as_bytes()));
    assert_eq!((policy.isolation(), policy.module_limits()), (Isolation::InProcess, now.module_limits()));
    assert_eq!(Policy::load_recorded(&text).unwrap().canonical_text(), text);

    // A file that somebody writes must still say all, and a record may not lean on other files.
    assert!(
        load_all(&[("c.toml", &before)], "c.toml", None).unwrap_err().contains("does not set module.types")
    );
    let extending = format!("extends = \"default\"\n{before}");
    assert!(Policy::load_recorded(&extending).unwrap_err().to_string().contains("stands alone"));
    let nothing = "name = \"nothing\"\n";
    assert!(Policy::load_recorded(nothing).unwrap_err().to_string().contains("no rule"));
}

#[test]
fn units_and_order_do_not_change_a_policy() {
    let a = extending("[limits]\nwall_time_ms = \"2 s\"\nfuel = 5_000\n[plan]\nrisk = \"high\"\n").unwrap();
    let b =
        extending("[plan]\nrisk = \"high\"\n[limits]\nfuel = 5000 # five thousand\nwall_time_ms = 2000\n")
            .unwrap();
    assert_eq!(a.digest(), b.digest());
}

#[test]
fn each_setting_knows_the_file_and_line_that_set_it() {
    let policy = extending("[limits.guest.syntax]\nfuel = 7\n[limits]\nhost_calls = 9\n").unwrap();
    let origin = |key: &str| policy.origin(key).unwrap().to_string();
    assert_eq!(origin("limits.host_calls"), "team.toml:6");
    assert_eq!(origin("limits.guest.syntax.fuel"), "team.toml:4");
    assert!(origin("limits.guest.syntax.host_calls").starts_with("team.toml:6"));
    assert!(origin("limits.fuel").starts_with("default (built in):"));
    assert!(origin("rule.merge").starts_with("default (built in):"));
    assert_eq!(policy.origin("limits.fule"), None);
}

#[test]
fn a_limit_of_one_guest_wins_over_the_general_one() {
    let base = "name = \"base\"\nextends = \"default\"\n[limits.guest.syntax]\nfuel = 7\nclass = \"large\"\n";
    let leaf = "name = \"leaf\"\nextends = \"base.toml\"\n[limits]\nfuel = 3\n";
    let policy = load_all(&[("p/base.toml", base), ("p/leaf.toml", leaf)], "p/leaf.toml", None).unwrap();
    assert_eq!((policy.limits_for("syntax").fuel, policy.limits_for("other").fuel), (7, 3));
    assert_eq!((policy.class_for("syntax"), policy.class_for("other")), (Class::Large, Class::Small));
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    assert_eq!(
        extending("[limits]\nfule = 5\n").unwrap_err(),
        "unknown key `fule` in this section [limits]\n  --> team.toml:4:1\n  |\n4 | fule = 5\n  | ^^^^\n  = help: did you mean `fuel`?"
    );
}

#[test]
fn every_mistake_is_found_in_one_go() {
    let error = extending("[limits]\nfule = 5\nmemory_bytes = true\n[plan]\nrisk = \"hihg\"\n").unwrap_err();
    assert_eq!(error.matches("-->").count(), 3, "{error}");
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    for (text, message) in [
        ("[isolation]\nmode = \"docker\"\n", "`docker` is none of `in-process`, `worker`"),
        ("[isolation]\nmode = \"in-process\"\nrequired = true\n", "`isolation.required` is about workers"),
        ("[[suite]]\nname = \"x\"\n", "this suite has no `files`"),
        ("[[lint]]\nname = \"x\"\nfile = \"no.yml\"\n", "`no.yml` cannot be read"),
        ("[cost]\nbudget = 5\n", "unknown key `budget`"),
        ("[retention]\ndays = 5\n", "unknown key `retention`"),
        ("[limits]\nmemory_bytes = \"64 MB\"\n", "units are B, KiB, MiB, GiB"),
        ("[limits]\nmemory_bytes = \"5 GiB\"\n", "out of range"),
        ("[limits]\nmemory_bytes = 4096\n", "below 64 KiB"),
        ("[limits.guest.x]\nmemory_bytes = 4096\n", "below 64 KiB"),
        ("[limits]\nfuel = 0\n", "out of range"),
        ("[limits]\nfuel = -1\n", "out of range"),
        ("[limits]\nfuel = \"1 B\"\n", "expected a whole number, found text"),
        ("[limits]\nclass = \"medium\"\n", "`medium` is none of `small`, `large`"),
        ("[limits.guest.\"A b\"]\nfuel = 5\n", "a guest's name"),
        ("[limits.guest.x]\nfule = 5\n", "did you mean `fuel`?"),
        ("limits = 5\n", "`limits` is a section, found a whole number"),
        ("\"limits.fuel\" = 5\n", "unknown key `limits.fuel`"),
        ("[plan.high]\ncases = 10\n", "`plan.high.cases` is weaker than `plan.medium.cases`"),
        ("[plan.low]\nrepeat = true\n", "`plan.medium.repeat` is weaker"),
        (
            "[plan.medium]\nselection = \"pairwise\"\n[plan.high]\nselection = \"each-alone\"\n",
            "`plan.high.selection` is weaker",
        ),
        ("[plan]\nrisk = \"low\"\nminimum_risk = \"high\"\n", "`plan.minimum_risk` is above `plan.risk`"),
        ("[max]\nrisk = \"low\"\n", "`plan.risk` is above `max.risk`"),
        ("[profile]\nvalidator = \"standard\"\nminimum = \"strict\"\n", "laxer than `profile.minimum`"),
        ("[cost]\nfuel_growth_warn = nan\n", "expected a number of at least 0"),
        ("[shadow]\nfactor = 1\n", "`shadow.factor` is 0 for no shadow runs, or above 1 and at most 100"),
        ("[shadow]\nfactor = 0.5\n", "`shadow.factor` is 0 for no shadow runs"),
        ("[shadow]\nfactor = 101\n", "`shadow.factor` is 0 for no shadow runs"),
        ("[shadow]\nwall_time_ms = 0\n", "out of range"),
        ("[rollback]\nautomatic = \"yes\"\n", "expected true or false, found text"),
        ("rule = 5\n", "write [[rule]]"),
        ("check = [5]\n", "`check` is a list of tables, found a whole number"),
        ("nmae = 5\n", "did you mean `name`?"),
        ("fuel = 5 5\n", "not TOML"),
        ("fuel = 5\nfuel = 5\n", "not TOML"),
    ] {
        let error = extending(text).expect_err(text);
        assert!(error.contains(message), "{text}: {error}");
        assert!(error.contains("--> team.toml:"), "{text}: {error}");
    }
}

#[test]
fn an_exception_needs_a_reason_and_a_day_that_is_not_past() {
    let exception = |rest: &str| extending(&format!("[[exception]]\ncode = \"T0203\"\n{rest}"));
    let taken = exception("reason = \"import\"\nexpires = 2026-06-15\n").unwrap();
    assert_eq!(taken.waiver("T0203").unwrap().reason, "import");
    assert!(taken.waiver("T0204").is_none());
    assert!(exception("reason = \"import\"\nexpires = \"2026-06-15\"\n").is_ok());
    for (rest, message) in [
        ("expires = 2027-01-01\n", "this exception has no `reason`"),
        ("reason = \" \"\nexpires = 2027-01-01\n", "`reason` is empty"),
        ("reason = \"import\"\n", "this exception has no `expires`"),
        ("reason = \"import\"\nexpires = 2026-06-14\n", "ended with 2026-06-14"),
        ("reason = \"import\"\nexpires = 2026-06-31\n", "not TOML"),
        ("reason = \"import\"\nexpires = \"2026-06-31\"\n", "is no date"),
        ("reason = \"import\"\nexpires = 2027-01-01T00:00:00Z\n", "is no date"),
        ("reason = \"import\"\nexpires = 5\n", "expected a date"),
        (
            "reason = \"import\"\nexpires = 2027-01-01\n[[exception]]\ncode = \"T0203\"\nreason = \"b\"\nexpires = 2027-01-01\n",
            "waived twice",
        ),
    ] {
        let error = exception(rest).expect_err(rest);
        assert!(error.contains(message), "{rest}: {error}");
    }
    let text = "name = \"team\"\nextends = \"default\"\n[[exception]]\ncode = \"x\"\nreason = \"r\"\nexpires = 2020-01-01\n";
    assert!(load_all(&[("t.toml", text)], "t.toml", None).is_ok(), "without a date nothing is past");
}

#[test]
fn a_rule_replaces_the_one_of_its_name_or_says_where_it_stands() {
    let rule = |name: &str, rest: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\nverdict = \"rollback\"\ntext = \"t\"\nwhen = [{{ metric = \"fuel_growth\", op = \">\", value = 1 }}]\n{rest}"
        )
    };
    let names = |policy: &Policy| policy.rules().iter().map(|rule| rule.name.clone()).collect::<Vec<_>>();
    let default = names(&load("default"));
    assert_eq!(names(&extending(&rule("regression", "")).unwrap()), default);
    let added = names(&extending(&rule("costly", "before = \"merge\"\n")).unwrap());
    assert_eq!(
        added.iter().position(|name| name == "costly"),
        added.iter().position(|name| name == "merge").map(|at| at - 1)
    );
    for (text, message) in [
        (rule("costly", ""), "does not say where it stands"),
        (rule("costly", "before = \"merg\"\n"), "did you mean `merge`?"),
        (rule("merge", "before = \"otherwise\"\n"), "keeps its place"),
        (rule("no-rule-matched", "before = \"merge\"\n"), "no rule gives"),
        (format!("{}{}", rule("regression", ""), rule("regression", "")), "stands twice in this file"),
        ("[[rule]]\nname = \"merge\"\nverdict = \"merge\"\ntext = \"t\"\n".to_owned(), "has no `when`"),
        ("[[rule]]\nname = \"merge\"\nverdict = \"merge\"\ntext = \"t\"\nwhen = [{ metric = \"sucess_rate\", op = \">\", value = 1 }]\n".to_owned(), "did you mean `success_rate`?"),
        ("[[rule]]\nname = \"merge\"\nverdict = \"merge\"\ntext = \"t\"\nwhen = [{ metric = \"cases\", op = \"=\", value = 1 }]\n".to_owned(), "`=` is none of"),
        ("[[rule]]\nname = \"merge\"\nverdict = \"merge\"\ntext = \"t\"\nwhen = [{ metric = \"cases\", op = \">\", value = inf }]\n".to_owned(), "`value`: expected a number"),
        ("[[rule]]\nname = \"merge\"\nverdict = \"maybe\"\ntext = \"t\"\nwhen = []\n".to_owned(), "`maybe` is none of"),
        ("[[rule]]\nname = \"merge\"\nverdict = \"merge\"\ntext = \"t\"\nwhen = []\n".to_owned(), "never reached: rule `merge` before it always matches"),
    ] {
        let error = extending(&text).expect_err(&text);
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn no_policy_merges_what_was_not_measured_or_blames_the_candidate_for_the_host() {
    let rule = |name: &str, verdict: &str, when: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\nverdict = \"{verdict}\"\ntext = \"t\"\nwhen = [{when}]\nbefore = \"host-failed\"\n"
        )
    };
    for (text, message) in [
        (rule("all", "merge", ""), "would give `merge` where nothing was measured"),
        (
            rule("eager", "merge", "{ metric = \"success_rate\", op = \">\", value = 0.5 }"),
            "where no check ran",
        ),
        (
            rule("blame", "rollback", "{ metric = \"host_failures\", op = \">\", value = 0 }"),
            "would give `rollback` where the host failed",
        ),
    ] {
        let error = extending(&text).expect_err(&text);
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn a_guest_that_is_given_by_its_path_is_pinned() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let check = |guest: &str, digest: &str| {
        format!(
            "[[check]]\nname = \"mine\"\nguest = \"{guest}\"\n{digest}applies = \"case\"\nrequired = false\n"
        )
    };
    let pinned = check("guests/mine.wasm", &format!("digest = \"{digest}\"\n"));
    let policy = extending(&pinned).unwrap();
    assert_eq!(policy.checks().len(), 6);
    let error = extending(&check("guests/mine.wasm", "")).unwrap_err();
    assert!(error.contains("needs its digest"), "{error}");
    let pins = |path: &str| (path == "a/guests/mine.wasm").then(|| Digest::from_text(&digest));
    let unpinned = format!("name = \"team\"\nextends = \"default\"\n{}", check("guests/mine.wasm", ""));
    let by_lock = |file: &str| {
        Policy::load_pinned(file, &|_| Ok(unpinned.clone()), None, &pins).map_err(|error| error.to_string())
    };
    assert_eq!(by_lock("a/b.toml").unwrap().digest(), policy.digest(), "a pin is as good as a digest");
    assert!(by_lock("b.toml").unwrap_err().contains("needs its digest"), "another file is not pinned");
    let error = extending(&check("mine.wasm", "digest = \"sha256:AA\"\n")).unwrap_err();
    assert!(error.contains("64 hexadecimal digits"), "{error}");
    let moved = format!("name = \"team\"\nextends = \"default\"\n{pinned}");
    let moved = load_all(&[("a/b.toml", &moved)], "a/b.toml", None).unwrap();
    assert_eq!(moved.digest(), policy.digest(), "where a policy file lies is no part of the policy");
    assert!(
        matches!(&moved.checks()[5].guest, genesis_policy::Guest::File { path, .. } if path == "a/guests/mine.wasm")
    );
}

#[test]
fn a_chain_of_policies_ends() {
    let a = "name = \"a\"\nextends = \"./b.toml\"\n";
    let b = "name = \"b\"\nextends = \"../p/a.toml\"\n";
    let error = load_all(&[("p/a.toml", a), ("p/b.toml", b)], "p/a.toml", None).unwrap_err();
    assert!(error.contains("policies extend each other: p/a.toml -> p/b.toml -> p/a.toml"), "{error}");
    let error = load_all(&[("a.toml", "name = \"a\"\nextends = \"a.toml\"\n")], "a.toml", None).unwrap_err();
    assert!(error.contains("a.toml -> a.toml"), "{error}");
    let files: Vec<(String, String)> = (0..40)
        .map(|n| (format!("{n}.toml"), format!("name = \"n\"\nextends = \"{}.toml\"\n", n + 1)))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(load_all(&files, "0.toml", None).unwrap_err().contains("more than 16"));
}

#[test]
fn a_policy_that_cannot_be_found_is_said_with_help() {
    let error = load_all(&[], "strcit", None).unwrap_err();
    assert_eq!(error, "cannot read the policy: no such file\n  --> strcit\n  = help: did you mean `strict`?");
    let text = "name = \"a\"\nextends = \"defualt\"\n";
    let error = load_all(&[("a.toml", text)], "a.toml", None).unwrap_err();
    assert!(error.contains("a.toml:2:11") && error.contains("did you mean `default`?"), "{error}");
    let error =
        load_all(&[("a.toml", "name = \"a\"\nextends = [\"a\", \"b\"]\n")], "a.toml", None).unwrap_err();
    assert!(error.contains("`extends`: expected text, found a list"), "{error}");
}

#[test]
fn a_policy_that_extends_none_sets_everything() {
    let error = load_all(&[("a.toml", "name = \"a\"\n")], "a.toml", None).unwrap_err();
    assert!(
        error.contains("does not set profile.validator") && error.contains("extends = \"default\""),
        "{error}"
    );
}

#[test]
fn a_hostile_file_costs_little() {
    let deep = format!("name = \"a\"\nx = {}", "[".repeat(100_000));
    assert!(load_all(&[("a.toml", &deep)], "a.toml", None).is_err());
    let large = "# comment\n".repeat(2_000_000);
    assert!(load_all(&[("a.toml", &large)], "a.toml", None).unwrap_err().contains("at most"));
    let dotted = format!("name = \"a\"\n{}x = 1\n", "limits.".repeat(50_000));
    assert!(load_all(&[("a.toml", &dotted)], "a.toml", None).is_err());
}

#[test]
fn shadow_runs_have_a_budget_and_can_be_switched_off() {
    let budget = load("default").shadow().unwrap();
    assert_eq!((budget.factor, budget.wall_time_ms, budget.memory_bytes), (4.0, 10_000, 1 << 30));
    let factor = |text: &str| extending(text).unwrap().shadow().map(|budget| budget.factor);
    assert_eq!(factor("[shadow]\nfactor = 1.5\n"), Some(1.5));
    assert_eq!(factor("[shadow]\nfactor = 0\n"), None);
}

#[test]
fn a_requester_may_tighten_but_not_loosen() {
    let policy = extending(
        "[profile]\nvalidator = \"standard\"\nminimum = \"standard\"\n[plan]\nminimum_risk = \"medium\"\n\
         [[minimum]]\ntemplate = \"quality_template:*\"\npublisher = \"nexus\"\nrisk = \"high\"\nprofile = \"strict\"\n",
    )
    .unwrap();
    let ask = |template: &str, publisher: Option<&str>, risk, profile| {
        let publisher = publisher.map(str::to_owned);
        let tightened =
            policy.tightened(&Request { template: template.to_owned(), publisher, risk, profile }).unwrap();
        (tightened.risk, tightened.profile, tightened.raised.len())
    };
    assert_eq!(ask("t", None, None, None), (Risk::Medium, Profile::Standard, 0));
    assert_eq!(ask("t", None, Some(Risk::High), Some(Profile::Strict)), (Risk::High, Profile::Strict, 0));
    assert_eq!(ask("t", None, Some(Risk::Low), Some(Profile::Legacy)), (Risk::Medium, Profile::Standard, 2));
    assert_eq!(
        ask("quality_template:go", Some("nexus"), Some(Risk::Low), None),
        (Risk::High, Profile::Strict, 1)
    );
    assert_eq!(ask("quality_template:go", Some("other"), None, None), (Risk::Medium, Profile::Standard, 0));
    assert_eq!(ask("quality_template:go", None, None, None), (Risk::Medium, Profile::Standard, 0));
}

#[test]
fn a_minimum_for_any_publisher_holds_for_one_that_is_not_known() {
    let policy = extending("[[minimum]]\npublisher = \"*\"\nrisk = \"high\"\n").unwrap();
    assert_eq!(policy.tightened(&Request::default()).unwrap().risk, Risk::High);
}

#[test]
fn a_risk_above_the_highest_is_refused_not_lowered() {
    let policy = extending("[max]\nrisk = \"medium\"\n").unwrap();
    let error = policy.tightened(&Request { risk: Some(Risk::High), ..Request::default() }).unwrap_err();
    assert!(matches!(error, TightenError::RiskAboveMax { .. }));
    assert_eq!(error.to_string(), "risk level high is above medium, the highest that policy `team` allows");
    let error =
        extending("[max]\nrisk = \"medium\"\n[[minimum]]\ntemplate = \"*\"\nrisk = \"high\"\n").unwrap_err();
    assert!(error.contains("above `max.risk`"), "{error}");
}

#[test]
fn a_difference_names_its_key_and_both_sides() {
    let differences = diff(&load("default"), &load("legacy"));
    let keys: Vec<&str> = differences.iter().map(|difference| difference.key.as_str()).collect();
    assert_eq!(keys, ["description", "name", "profile.validator"]);
    assert_eq!(differences[2].to_string(), "profile.validator: standard -> legacy");
    assert!(diff(&load("strict"), &load("strict")).is_empty());
}
