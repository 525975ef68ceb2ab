//! Policy files.

use genesis_abi::RunOutcome;
use genesis_policy::{Policy, Request, diff, explain};

/// A policy file, loaded by itself. A policy that loads is recorded and loaded again.
pub fn policies(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read = |name: &str| match name {
        "a/policy.toml" => Ok(text.clone().into_owned()),
        // Whatever else it names is there: itself as a parent, and as a file of rules or tests.
        name if name.len() < 64 => Ok(text.clone().into_owned()),
        name => Err(format!("{} bytes of name", name.len())),
    };
    match Policy::load("a/policy.toml", &read, None) {
        Ok(policy) => {
            let recorded = policy.canonical_text();
            let none = |name: &str| {
                if name == "recorded" { Ok(recorded.clone()) } else { Err("no file".to_owned()) }
            };
            let again = Policy::load("recorded", &none, None).expect("a recorded policy can be loaded");
            assert_eq!(again.digest(), policy.digest());
            assert_eq!(again.canonical_text(), recorded);
            assert!(diff(&policy, &again).is_empty());
            assert!(!explain(&policy).is_empty());
            let limits = policy.limits_for("any");
            if let Some(budget) = policy.shadow() {
                assert_eq!(budget.limits(&limits, &RunOutcome::Completed), None);
            }
            // Refused or tightened, it never loosens.
            if let Ok(tightened) = policy.tightened(&Request::default()) {
                assert!(policy.plan(tightened.risk).cases > 0);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
