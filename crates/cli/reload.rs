//! The policy of a service, read again when its files change.

use std::sync::Arc;
use std::time::Duration;

use genesis_serve::Rules;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::exit::Failure;
use crate::policies;
use crate::progress::note;

/// How often the files are looked at; SIGHUP has them looked at once.
const EVERY: Duration = Duration::from_secs(2);

/// A policy with all that it names: lint rules, suites and pinned guests.
pub(crate) fn rules(name: &str) -> Result<Rules, Failure> {
    let policy = policies::load(name)?;
    let guests = policies::guests(&policy)?;
    Ok(Rules { policy, guests })
}

/// Looks at the policy again and again, and passes it on when it is another one. One that cannot be read or is not valid
/// changes nothing: what was in force stays, and why is said once.
pub(crate) async fn keep(name: String, rules_in_force: watch::Sender<Arc<Rules>>) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    let mut complaint = None;
    loop {
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = asked => {}
        }
        match rules(&name) {
            Ok(rules) => {
                complaint = None;
                let digest = rules.policy.digest();
                if rules_in_force.borrow().policy.digest() != digest {
                    note(&format!(
                        "policy {} was changed: {digest} is in force from now on",
                        rules.policy.name()
                    ));
                    rules_in_force.send_replace(Arc::new(rules));
                }
            }
            Err(failure) => {
                let why = failure.message().to_owned();
                if complaint.as_ref() != Some(&why) {
                    let digest = rules_in_force.borrow().policy.digest();
                    note(&format!(
                        "policy {name} was changed and is not taken, {digest} stays in force: {why}"
                    ));
                    complaint = Some(why);
                }
            }
        }
    }
}
