//! `genesis policy`.

use std::fmt::Write as _;

use genesis_policy::{Cases, Policy, run_cases};

use crate::args::{Global, Policy as Args, PolicyCommand};
use crate::command::print;
use crate::exit::{Exit, Failure};
use crate::policies;

/// Checks, shows, explains, tests or compares policies.
pub(crate) fn run(args: &Args, _global: &Global) -> Result<Exit, Failure> {
    match &args.command {
        PolicyCommand::Check { policies } => check(policies),
        PolicyCommand::Show { policy } => show(&policies::load(policy)?),
        PolicyCommand::Explain { policy } => {
            print(&genesis_policy::explain(&policies::load(policy)?))?;
            Ok(Exit::Success)
        }
        PolicyCommand::Test { cases, policy } => test(cases, &policies::load(policy)?),
        PolicyCommand::Diff { left, right } => diff(&policies::load(left)?, &policies::load(right)?),
    }
}

fn check(names: &[String]) -> Result<Exit, Failure> {
    for name in names {
        let policy = policies::load(name)?;
        policies::guests(&policy)?;
        print(&format!("{name}: good; policy `{}`, digest {}\n", policy.name(), policy.digest()))?;
    }
    Ok(Exit::Success)
}

fn show(policy: &Policy) -> Result<Exit, Failure> {
    let mut text = format!("# policy `{}`, digest {}\n", policy.name(), policy.digest());
    for (path, value, origin) in policy.settings() {
        let setting = format!("{path} = {value}");
        writeln!(text, "{setting:<48} # {}:{}", origin.file, origin.line)
            .expect("writing to a string cannot fail");
    }
    text.push('\n');
    text.push_str(&genesis_policy::explain(policy));
    print(&text)?;
    Ok(Exit::Success)
}

fn test(files: &[std::path::PathBuf], policy: &Policy) -> Result<Exit, Failure> {
    let mut text = String::new();
    let (mut passed, mut failed) = (0, 0);
    for path in files {
        let shown = path.display().to_string();
        let cases =
            policies::read(&shown).map_err(|why| Failure::usage(format!("{shown} cannot be read: {why}")))?;
        for result in run_cases(policy, &Cases::parse(&shown, &cases)?) {
            if result.passed() {
                passed += 1;
            } else {
                failed += 1;
                let (expected, actual) = (&result.expected, &result.actual);
                writeln!(
                    text,
                    "{shown}: {}: expected {} by rule {}, got {} by rule {}",
                    result.name, expected.0, expected.1, actual.0, actual.1
                )
                .expect("writing to a string cannot fail");
            }
        }
    }
    writeln!(text, "{passed} passed, {failed} failed").expect("writing to a string cannot fail");
    print(&text)?;
    if passed + failed == 0 {
        return Err(Failure::nothing("the files hold no case"));
    }
    Ok(if failed == 0 { Exit::Success } else { Exit::Rollback })
}

fn diff(left: &Policy, right: &Policy) -> Result<Exit, Failure> {
    let differences = genesis_policy::diff(left, right);
    let mut text = String::new();
    for difference in &differences {
        writeln!(text, "{difference}").expect("writing to a string cannot fail");
    }
    print(&text)?;
    Ok(if differences.is_empty() { Exit::Success } else { Exit::Rollback })
}
