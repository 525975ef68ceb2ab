//! Verdicts that were found before, by the question that was asked: the same question is not asked twice.
//!
//! A question is everything that an experiment depends on, by content: candidate and baseline with what they draw in, the
//! policy, seed, answers and samples, every guest by digest, the engine's fingerprints, and the program that judges. Only
//! what must come out the same again is kept; wall time is not part of it.
//!
//! Whoever can write an entry decides over merges. So the folder belongs to the user and is closed to everyone else, and
//! each entry carries a BLAKE3 of question and content under a key that lies in a file of the same folder. An entry that
//! anybody else wrote, or that stands under another question, is not believed, and that is said.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use genesis_abi::{RunOutcome, TemplateText};
use genesis_domain::{CheckSpent, Effect, Evidence, Experiment, Measured, Metric, RunShadow, Verdict};
use genesis_policy::Class;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::request::Request;
use crate::runner::Runner;

/// Changes whenever an entry or a question is written in another way.
const FORMAT: &str = "genesis verdict 1";
/// Name of the key's file.
const KEY: &str = "key";
/// Ending of entries.
const ENDING: &str = "verdict";
/// Most bytes of an entry; a larger one is not kept.
const MOST_ENTRY_BYTES: usize = 16 << 20;
/// Most bytes of all entries after a tidying.
const MOST_BYTES: u64 = 512 << 20;
/// Bytes of the code that authenticates an entry.
const CODE_BYTES: usize = blake3::OUT_LEN;

/// Verdicts in a folder.
#[derive(Debug)]
pub struct VerdictCache {
    folder: PathBuf,
    key: [u8; blake3::KEY_LEN],
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the cache of verdicts {path} cannot be used: {reason}")]
pub struct VerdictCacheError {
    path: String,
    reason: String,
}

/// What an experiment depends on, as one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question(String);

/// What the cache knows of a question.
#[derive(Debug)]
pub enum Known {
    /// It was asked before, and this was found.
    Experiment(Box<Experiment>),
    /// Nothing.
    Nothing,
    /// There is an entry that cannot be believed; why.
    NotBelieved(String),
}

/// What is kept of an experiment.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    evidence: Evidence,
    verdict: Verdict,
    spent: Vec<CheckSpent>,
    shadows: Vec<RunShadow>,
    sources: BTreeMap<String, String>,
}

impl VerdictCache {
    /// Makes folder and key when they are not there.
    ///
    /// # Errors
    /// When they cannot be made or read, belong to another user or are open to others.
    pub fn open(folder: &Path) -> Result<Self, VerdictCacheError> {
        let refused = |reason: String| VerdictCacheError { path: folder.display().to_string(), reason };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| refused(error.to_string()))?;
        let metadata = fs::symlink_metadata(folder).map_err(|error| refused(error.to_string()))?;
        if !metadata.is_dir() {
            return Err(refused("it is not a folder".to_owned()));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(refused("it belongs to another user".to_owned()));
        }
        if metadata.mode() & 0o077 != 0 {
            let mode = metadata.mode() & 0o777;
            return Err(refused(format!("others may enter it: its mode is {mode:o}, not 700")));
        }
        let key = key(folder).map_err(|error| refused(format!("its key: {error}")))?;
        Ok(Self { folder: folder.to_owned(), key })
    }

    /// The question that a request asks of a runner. `program` tells apart programs that may judge differently.
    pub fn question(&self, request: &Request, runner: &Runner, program: &str) -> Question {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        let mut add = |field: &[u8]| {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        };
        add(FORMAT.as_bytes());
        add(program.as_bytes());
        for class in [Class::Small, Class::Large] {
            add(runner.fingerprint(class).as_bytes());
        }
        for guest in genesis_guests::ALL {
            add(guest.name.as_bytes());
            add(guest.digest.as_bytes());
        }
        for guest in &request.guests {
            add(guest.name.as_bytes());
            add(genesis_domain::Digest::of(&guest.wasm).as_str().as_bytes());
            add(&[u8::from(guest.required)]);
        }
        let text =
            |text: &TemplateText| serde_json::to_vec(text).expect("a template's text holds only strings");
        add(request.template.as_str().as_bytes());
        add(&text(&request.candidate));
        add(&request.baseline.as_ref().map(|baseline| text(&baseline.text)).unwrap_or_default());
        let rest = (&request.promoted, &request.answers, &request.samples, request.seed);
        add(&serde_json::to_vec(&rest).expect("none of these has keys that are no strings"));
        add(request.policy.digest().as_str().as_bytes());
        add(request.profile.as_str().as_bytes());
        add(request.risk.as_str().as_bytes());
        Question(hasher.finalize().to_hex().to_string())
    }

    /// What was found when the question was asked before. Id, time and path are the request's.
    pub fn look_up(&self, question: &Question, request: &Request) -> Known {
        let bytes = match self.read(question) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Known::Nothing,
            Err(why) => return Known::NotBelieved(why),
        };
        let (code, content) = bytes.split_at(CODE_BYTES);
        let mut expected = [0; CODE_BYTES];
        expected.copy_from_slice(code);
        // Hashes are compared in constant time.
        if self.code(question, content) != blake3::Hash::from_bytes(expected) {
            return Known::NotBelieved("it was not written with this user's key".to_owned());
        }
        match serde_json::from_slice::<Entry>(content) {
            Ok(entry) => Known::Experiment(Box::new(entry.into_experiment(request))),
            Err(error) => Known::NotBelieved(format!("it cannot be read: {error}")),
        }
    }

    /// Keeps what was found, when it must come out the same again; says whether it was kept. Not being able to write
    /// costs the next run time, and nothing else.
    pub fn keep(&self, question: &Question, experiment: &Experiment) -> bool {
        if !comes_out_the_same(experiment) {
            return false;
        }
        let content = Entry::of(experiment).to_bytes();
        content.len() <= MOST_ENTRY_BYTES
            && write(&self.path(question), &[self.code(question, &content).as_bytes(), &content]).is_ok()
    }

    /// Forgets an entry.
    pub fn forget(&self, question: &Question) {
        // One that is already gone is as good.
        let _gone = fs::remove_file(self.path(question));
    }

    /// Takes the oldest entries away until the rest has at most 512 MiB.
    pub fn tidy(&self) {
        let Ok(listed) = fs::read_dir(&self.folder) else { return };
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = listed
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|ending| ending == ENDING))
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, of_entry, path) in entries {
            if bytes <= MOST_BYTES {
                break;
            }
            if fs::remove_file(path).is_ok() {
                bytes -= of_entry;
            }
        }
    }

    /// The entry's bytes; the error says why it is not as this host left it.
    fn read(&self, question: &Question) -> Result<Option<Vec<u8>>, String> {
        let file = match open_own(&self.path(question)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut bytes = Vec::new();
        let most = (MOST_ENTRY_BYTES + CODE_BYTES) as u64;
        file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() < CODE_BYTES || bytes.len() as u64 > most {
            return Err(format!("it has {} bytes", bytes.len()));
        }
        Ok(Some(bytes))
    }

    fn code(&self, question: &Question, content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(question.0.as_bytes()).update(content);
        hasher.finalize()
    }

    fn path(&self, question: &Question) -> PathBuf {
        self.folder.join(format!("{}.{ENDING}", question.0))
    }
}

/// Whether two experiments found the same, aside from wall time and shadow runs, which depend on the machine.
pub fn found_the_same(left: &Experiment, right: &Experiment) -> bool {
    let found = |experiment| Entry { shadows: Vec::new(), ..Entry::of(experiment) }.to_bytes();
    found(left) == found(right)
}

/// Whether the same question has the same answer again: the host did all that it was asked, and no run ended by a limit
/// that carries no such promise.
fn comes_out_the_same(experiment: &Experiment) -> bool {
    let promised = |outcome: &RunOutcome| {
        !matches!(outcome, RunOutcome::StackOverflow(_) | RunOutcome::TimedOut(_) | RunOutcome::Cancelled)
    };
    experiment.evidence.runs.iter().all(|run| promised(&run.outcome))
        && experiment.evidence.metrics.get(Metric::HostFailures) == Some(Measured::count(0))
}

impl Entry {
    fn of(experiment: &Experiment) -> Self {
        let mut spent = experiment.spent.clone();
        for check in &mut spent {
            check.peak.wall_time_us = None;
        }
        Self {
            evidence: experiment.evidence.clone(),
            verdict: experiment.verdict.clone(),
            spent,
            shadows: experiment.shadows.clone(),
            sources: experiment.sources.clone(),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an experiment holds no map with keys that are no strings")
    }

    fn into_experiment(self, request: &Request) -> Experiment {
        Experiment {
            id: request.id,
            created_at_ms: request.created_at_ms,
            candidate_path: request.candidate_path.clone(),
            evidence: self.evidence,
            verdict: self.verdict,
            effect: Effect::NotRecorded { why: "dry run".to_owned() },
            commits: Vec::new(),
            spent: self.spent,
            shadows: self.shadows,
            sources: self.sources,
            measured_us: 0,
            committed_us: 0,
        }
    }
}

/// The folder's key. Of several processes that make one, the first one's stays.
fn key(folder: &Path) -> io::Result<[u8; blake3::KEY_LEN]> {
    let path = folder.join(KEY);
    let mut key = [0; blake3::KEY_LEN];
    let mut file = match open_own(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            File::open("/dev/urandom")?.read_exact(&mut key)?;
            let temporary = temporary(&path);
            let made = write_new(&temporary, &[&key]).and_then(|()| fs::hard_link(&temporary, &path));
            fs::remove_file(&temporary)?;
            match made {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => open_own(&path)?,
            }
        }
        file => file?,
    };
    file.read_exact(&mut key)?;
    Ok(key)
}

/// Opens a file that this user wrote and that nobody else may touch.
fn open_own(path: &Path) -> io::Result<File> {
    let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nofollow).open(path)?;
    let metadata = file.metadata()?;
    let ours = metadata.is_file()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o777 == 0o600;
    if ours { Ok(file) } else { Err(io::Error::other("others may have written it")) }
}

/// The file appears whole or not at all.
fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = temporary(path);
    let written = write_new(&temporary, parts).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What could not take its place is of no use; the failure is told.
        let _gone = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}

fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let unique = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}.{unique}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use genesis_domain::{
        Digest, ExperimentId, Judged, Metrics, PlanSummary, Risk, RunRecord, Seed, Side, Subject, TemplateId,
        VersionRef,
    };
    use genesis_policy::{Policy, Profile};

    use super::*;

    fn request() -> Request {
        Request {
            id: "01890000-0000-7000-8000-000000000000".parse::<ExperimentId>().unwrap(),
            created_at_ms: 7,
            instance: "test".to_owned(),
            template: TemplateId::new("greeting").unwrap(),
            candidate: TemplateText {
                path: "a.json".to_owned(),
                text: "{}".to_owned(),
                ..Default::default()
            },
            candidate_path: "a.json".to_owned(),
            baseline: None,
            promoted: Vec::new(),
            policy: Policy::load("default", &|_| Err(String::new()), None).unwrap(),
            profile: Profile::Standard,
            risk: Risk::Medium,
            seed: None,
            answers: Vec::new(),
            samples: Vec::new(),
            guests: Vec::new(),
            promotes: false,
            announces: false,
        }
    }

    fn experiment(outcome: RunOutcome) -> Experiment {
        let request = request();
        let digest = Digest::of(b"x");
        let mut metrics = Metrics::default();
        metrics.record(Metric::HostFailures, Measured::count(0));
        metrics.record(Metric::SuccessRate, Measured::ratio(8, 9).unwrap());
        let version = VersionRef { kind: "base".to_owned(), version: None, digest: digest.clone() };
        let verdict = genesis_policy::decide(request.policy.rules(), &metrics);
        let evidence = Evidence {
            subject: Subject {
                template: request.template.clone(),
                candidate: version,
                baseline: None,
                policy: "default".to_owned(),
                policy_digest: digest.clone(),
                profile: "standard".to_owned(),
                risk: Risk::Medium,
                seed: Seed(1),
                engine: "engine".to_owned(),
                guests: Vec::new(),
            },
            plan: PlanSummary {
                judged: Judged::Rendered,
                cases_possible: 1,
                cases_run: 1,
                selection: String::new(),
            },
            cases: Vec::new(),
            runs: vec![RunRecord {
                check: "render".to_owned(),
                guest: digest,
                side: Side::Candidate,
                case: Some(0),
                outcome,
                usage: genesis_abi::Usage::default(),
                report: None,
            }],
            findings: Vec::new(),
            removed_findings: Vec::new(),
            code: Vec::new(),
            metrics,
        };
        let entry =
            Entry { evidence, verdict, spent: Vec::new(), shadows: Vec::new(), sources: BTreeMap::new() };
        entry.into_experiment(&request)
    }

    struct Bench {
        folder: tempfile::TempDir,
        runner: Runner,
    }

    impl Bench {
        fn new() -> Self {
            let config = genesis_sandbox::SandboxConfig { slots: 1, cache_dir: None };
            Self { folder: tempfile::tempdir().unwrap(), runner: Runner::new(config, 1, |_| {}).unwrap() }
        }

        fn cache(&self) -> VerdictCache {
            VerdictCache::open(&self.folder.path().join("verdicts")).unwrap()
        }

        fn question(&self, request: &Request) -> Question {
            self.cache().question(request, &self.runner, "program")
        }
    }

    #[test]
    fn what_was_found_is_known_again() {
        let bench = Bench::new();
        let (request, found) = (request(), experiment(RunOutcome::Completed));
        let question = bench.question(&request);
        assert!(matches!(bench.cache().look_up(&question, &request), Known::Nothing));
        assert!(bench.cache().keep(&question, &found));
        let Known::Experiment(known) = bench.cache().look_up(&question, &request) else {
            panic!("not known")
        };
        assert!(found_the_same(&known, &found));
        bench.cache().forget(&question);
        assert!(matches!(bench.cache().look_up(&question, &request), Known::Nothing));
    }

    #[test]
    fn whatever_an_experiment_depends_on_makes_another_question() {
        let bench = Bench::new();
        let first = bench.question(&request());
        assert_eq!(first, bench.question(&request()));
        assert_ne!(first, bench.cache().question(&request(), &bench.runner, "another program"));
        let changes: [fn(&mut Request); 9] = [
            |request| request.candidate.text.push(' '),
            |request| drop(request.candidate.parts.insert("p.hbs".to_owned(), String::new())),
            |request| {
                let text = request.candidate.clone();
                let origin = crate::BaselineOrigin::File("b.json".to_owned());
                request.baseline = Some(crate::Baseline { text, origin });
            },
            |request| request.policy = Policy::load("strict", &|_| Err(String::new()), None).unwrap(),
            |request| request.profile = Profile::Strict,
            |request| request.risk = Risk::High,
            |request| request.seed = Some(Seed(1)),
            |request| request.answers.push(serde_json::Map::new()),
            |request| {
                let guest = crate::UserGuest { name: "a".to_owned(), wasm: vec![0], required: true };
                request.guests.push(guest);
            },
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut request = request();
            change(&mut request);
            assert_ne!(first, bench.question(&request), "change {index}");
        }
    }

    #[test]
    fn what_may_come_out_differently_is_not_kept() {
        let bench = Bench::new();
        let question = bench.question(&request());
        assert!(!bench.cache().keep(&question, &experiment(RunOutcome::Cancelled)));
        let mut failed = experiment(RunOutcome::Completed);
        failed.evidence.metrics.record(Metric::HostFailures, Measured::count(1));
        assert!(!bench.cache().keep(&question, &failed));
        assert!(matches!(bench.cache().look_up(&question, &request()), Known::Nothing));
    }

    #[test]
    fn an_entry_that_is_not_ours_is_not_believed() {
        let bench = Bench::new();
        let question = bench.question(&request());
        let cache = bench.cache();
        assert!(cache.keep(&question, &experiment(RunOutcome::Completed)));
        let path = cache.path(&question);
        let good = fs::read(&path).unwrap();
        let not_believed = || matches!(cache.look_up(&question, &request()), Known::NotBelieved(_));
        for at in [0, CODE_BYTES, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(not_believed(), "byte {at}");
        }
        fs::write(&path, &good[..CODE_BYTES - 1]).unwrap();
        assert!(not_believed(), "cut off");
        fs::write(&path, &good).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(not_believed(), "others may have written it");
        fs::remove_file(&path).unwrap();
        // A good entry under another question, and one that was made with another key.
        let mut other = request();
        other.candidate.text.push(' ');
        let other_question = bench.question(&other);
        write(&cache.path(&other_question), &[&good]).unwrap();
        assert!(matches!(cache.look_up(&other_question, &other), Known::NotBelieved(_)));
        let elsewhere = VerdictCache::open(&bench.folder.path().join("elsewhere")).unwrap();
        assert!(elsewhere.keep(&question, &experiment(RunOutcome::Completed)));
        fs::copy(elsewhere.path(&question), &path).unwrap();
        assert!(not_believed(), "another key");
    }

    #[test]
    fn folder_and_key_are_closed_to_others() {
        let bench = Bench::new();
        let cache = bench.cache();
        assert_eq!(fs::metadata(&cache.folder).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(cache.folder.join(KEY)).unwrap().mode() & 0o777, 0o600);
        assert_eq!(bench.cache().key, cache.key, "the key stays");
        fs::set_permissions(cache.folder.join(KEY), fs::Permissions::from_mode(0o604)).unwrap();
        assert!(VerdictCache::open(&cache.folder).is_err());
        fs::set_permissions(cache.folder.join(KEY), fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(&cache.folder, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(VerdictCache::open(&cache.folder).is_err());
    }
}
