//! `genesis guest test`.

use std::path::Path;

use genesis_domain::Digest;
use genesis_experiment::{CaseResult, TriedCase, guest_manifest, try_guest};
use genesis_report::{GuestTest, TestedCase, TestedResult};
use serde_json::Value;

use crate::args::{Format, Global, GuestTest as Args};
use crate::command::print;
use crate::command::run_experiment::style;
use crate::command::run_guest::{Named, named};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::guest_cases::{self, EXPECTED, Given};
use crate::progress::Bar;
use crate::{host, interrupt, policies};

/// Runs a guest on every case and compares.
pub(super) fn run(args: &Args, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let runner = host::runner(&config)?;
    let Named { name, wasm, loaded, .. } = named(&args.guest, &policy, &runner)?;
    let manifest = match guest_manifest(&wasm).transpose() {
        Ok(manifest) => manifest,
        Err(why) => {
            return Err(Failure::usage(format!("the manifest of {} cannot be read: {why}", args.guest))
                .with_help("`genesis guest inspect` shows what a guest is made of"));
        }
    };
    let given = Given { manifest: manifest.as_ref(), rendered_bytes: policy.max().rendered_bytes };
    let cases = guest_cases::read(&args.folder, &given)?;
    let bar = Bar::new(&format!("testing {name}"));
    let tried = try_guest(&loaded, &cases, &policy.limits_for(&name), &runner, &cancel, &|progress| {
        bar.show(progress);
    });
    bar.clear();
    let tried = tried?;

    let mut results = Vec::new();
    for case in &tried {
        results.push(result(case, args)?);
    }
    let shown: Vec<TestedCase<'_>> = tried
        .iter()
        .zip(results)
        .map(|(case, result)| TestedCase {
            name: &case.name,
            result,
            outcome: &case.outcome,
            usage: &case.usage,
            stderr: &case.stderr,
        })
        .collect();
    let digest = Digest::of(&wasm);
    let engine = runner.engine_of(&loaded);
    let test =
        GuestTest { guest: &args.guest, digest: digest.as_str(), engine: engine.as_deref(), cases: &shown };
    print(&match args.format {
        Format::Human => genesis_report::human_guest_test(&test, &style(true)),
        Format::Json => genesis_report::json_guest_test(&test),
    })?;
    Ok(if test.passed() { Exit::Success } else { Exit::Rollback })
}

fn result<'a>(case: &'a TriedCase, args: &Args) -> Result<TestedResult<'a>, Failure> {
    let path = args.folder.join(&case.name).join(EXPECTED);
    Ok(match &case.result {
        CaseResult::Passed => TestedResult::Passed,
        CaseResult::NotRepeated { what } => TestedResult::NotRepeated { what },
        // What holds a part only was written by a person, and says what matters; it is not written over.
        CaseResult::Differs { actual, subset: false, .. } | CaseResult::NothingExpected { actual }
            if args.bless =>
        {
            bless(&path, actual)?;
            TestedResult::Blessed
        }
        CaseResult::Differs { expected, actual, subset } => {
            TestedResult::Differs { expected, actual, subset: *subset }
        }
        CaseResult::NothingExpected { actual } => TestedResult::NothingExpected { actual },
    })
}

fn bless(path: &Path, actual: &Value) -> Result<(), Failure> {
    std::fs::write(path, format!("{actual:#}\n"))
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display())))
}
