//! A writer is killed at arbitrary points; after recovery nothing is wrong.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use genesis_domain::RefUpdate;
use genesis_history::{Durability, History};

use crate::support::*;

const KILLS: u32 = 30;

/// Stands in for the ledger: what refs must be, replaced in one step, between the objects and the refs.
const LEDGER: &str = "ledger.json";

#[test]
fn a_writer_killed_at_any_point_leaves_nothing_that_recovery_does_not_mend() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("is-child"), "").unwrap();
    let mut swept = 0;
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::writes_until_it_is_killed", "--ignored", "--nocapture"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let rounds = 1 + kill % 4;
        let mut seen = 0;
        while seen < rounds {
            seen += u32::from(lines.next().unwrap().unwrap().contains("round done"));
        }
        // A different stretch of the next round each time.
        for _ in 0..u64::from(kill) * 40_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let history = open(folder.path());
        let wanted = ledger(folder.path());
        let recovered = lock(&history).recover(&wanted).unwrap();
        swept += recovered.swept_locks.len() + recovered.swept_temporary.len() + recovered.refs_set.len();
        for update in &wanted {
            let target = git(&history, &["rev-parse", "--verify", &update.name]);
            assert_eq!(target.trim(), update.target.as_str());
        }
        assert_verifies(&history);
        assert_fsck_is_clean(&history);
    }
    println!("{KILLS} kills, {swept} files swept or refs set by recovery");
}

#[test]
#[ignore = "child: the writer of the test above, which starts it"]
fn writes_until_it_is_killed() {
    let folder = std::env::current_dir().unwrap();
    if !folder.join("is-child").exists() {
        println!("skipped: this is run by the test above alone");
        return;
    }
    let history = History::open(&folder.join("history.git"), Durability::Durable).unwrap();
    loop {
        let number = u128::try_from(history.experiments().unwrap().len()).unwrap();
        let head = history.template_head(&template("t:0")).unwrap();
        let many = if number.is_multiple_of(2) { 1 } else { 6 };
        let mut experiments = vec![promoting(1_000_000 + number, "t:0", head, &format!("1.{number}.0"))];
        for inner in 0..many {
            let id = number * 100 + 2_000_000 + inner;
            experiments.push(promoting(id, &format!("new:{id}"), None, "1.0.0"));
        }
        let lock = history.lock(|| {}).unwrap();
        let written = lock.write(&experiments).unwrap();
        let mut wanted_refs = ledger(&folder);
        for update in wanted(&experiments, &written) {
            wanted_refs.retain(|known| known.name != update.name);
            wanted_refs.push(update);
        }
        fs::write(folder.join("draft"), serde_json::to_vec(&wanted_refs).unwrap()).unwrap();
        fs::rename(folder.join("draft"), folder.join(LEDGER)).unwrap();
        lock.set_refs(&wanted(&experiments, &written)).unwrap();
        println!("round done");
        std::io::stdout().flush().unwrap();
    }
}

fn ledger(folder: &Path) -> Vec<RefUpdate> {
    fs::read(folder.join(LEDGER)).map(|bytes| serde_json::from_slice(&bytes).unwrap()).unwrap_or_default()
}
