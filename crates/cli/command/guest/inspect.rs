//! `genesis guest inspect`.

use std::io::Read as _;
use std::path::Path;

use genesis_abi::{ABI_VERSION, Applies, Manifest, ModuleLimits};
use genesis_domain::Digest;
use genesis_experiment::{Loaded, guest_manifest};
use genesis_policy::Policy;
use genesis_report::{GuestInspection, Measure, ModuleParts};
use genesis_sandbox::Inspection;

use crate::args::{Format, Global, GuestInspect};
use crate::command::print;
use crate::command::run_experiment::style;
use crate::command::run_guest::{must_exist, stem};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::{host, policies};

/// Most bytes of a module that is looked at, whatever the policy allows.
const MOST_BYTES: u64 = 1 << 30;

/// Shows what a guest is made of, and whether a policy takes it.
pub(super) fn run(args: &GuestInspect, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let path = Path::new(&args.guest);
    let built_in = genesis_guests::guest(&args.guest).filter(|_| !path.exists());
    let (name, wasm) = if let Some(guest) = built_in {
        if let Some(why) = guest.missing() {
            let message = format!("the guest `{}` is not part of this program: {why}", guest.name);
            return Err(Failure::usage(message));
        }
        (guest.name.to_owned(), guest.wasm())
    } else {
        must_exist(&args.guest)?;
        (stem(path), read(path)?)
    };
    // What is built in is trusted: the policy's limits on modules are not for it.
    let refused = match built_in {
        Some(_) => None,
        None => match host::runner(&config)?.user_guest(&wasm, &name, &policy)? {
            Loaded::Ready(_) => None,
            Loaded::Refused(outcome) => Some(outcome),
        },
    };
    let inspection = genesis_sandbox::inspect(&wasm).ok();
    let manifest = guest_manifest(&wasm);
    let readable = manifest.as_ref().and_then(|manifest| manifest.as_ref().ok());
    let memory_limit = policy.limits_for(&name).memory_bytes;
    let measures = inspection.as_ref().map(|found| measures(&found.complexity, &policy)).unwrap_or_default();
    let digest = Digest::of(&wasm);
    let shown = GuestInspection {
        guest: &args.guest,
        digest: digest.as_str(),
        module_bytes: wasm.len() as u64,
        built_in: built_in.is_some(),
        policy: policy.name(),
        manifest: readable,
        parts: inspection.as_ref().map(|found| ModuleParts {
            imports: &found.imports,
            denied: &found.denied,
            exports: &found.exports,
            measures: &measures,
            tables: found.complexity.tables,
            checks: found.complexity.loops,
            memory_bytes: found.memory_bytes,
            memory_limit,
        }),
        refused: refused.as_ref(),
        objections: &objections(readable, inspection.as_ref(), memory_limit, built_in.is_some()),
        // Of bytes that are no module there is nothing to say but that.
        notes: &inspection.as_ref().map(|_| notes(manifest.as_ref())).unwrap_or_default(),
    };
    print(&match args.format {
        Format::Human => genesis_report::human_guest_inspection(&shown, &style(true)),
        Format::Json => genesis_report::json_guest_inspection(&shown),
    })?;
    Ok(if shown.is_taken() { Exit::Success } else { Exit::Rollback })
}

fn measures(has: &ModuleLimits, policy: &Policy) -> Vec<Measure> {
    let most = policy.module_limits();
    has.each().zip(most.each()).map(|((limit, value), (_, most))| Measure { limit, value, most }).collect()
}

/// What it would be refused for although its module may be compiled.
fn objections(
    manifest: Option<&Manifest>,
    found: Option<&Inspection>,
    memory_limit: u64,
    built_in: bool,
) -> Vec<String> {
    let mut objections = Vec::new();
    if let Some(manifest) = manifest {
        if manifest.abi != ABI_VERSION {
            objections.push(format!(
                "it is built for ABI {}, and this program reads reports of ABI {ABI_VERSION}",
                manifest.abi
            ));
        }
        if manifest.applies == Applies::Render && !built_in {
            objections
                .push("it renders; in an experiment only the built-in guest render-template does".to_owned());
        }
    }
    if let Some(found) = found.filter(|found| found.memory_bytes > memory_limit) {
        objections.push(format!(
            "it starts with {} bytes of memory, and memory_bytes of the policy is {memory_limit}",
            found.memory_bytes
        ));
    }
    objections
}

fn notes(manifest: Option<&Result<Manifest, String>>) -> Vec<String> {
    match manifest {
        Some(Ok(manifest)) if manifest.applies == Applies::Code && manifest.languages.is_empty() => {
            vec!["it is applied to code and names no language".to_owned()]
        }
        Some(Ok(_)) => Vec::new(),
        Some(Err(why)) => {
            vec![format!("its manifest cannot be read and counts for none: {why}")]
        }
        None => vec![format!(
            "it has no manifest (section {}), so it is given the template",
            genesis_abi::MANIFEST_SECTION
        )],
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |why: String| Failure::usage(format!("the guest {} cannot be read: {why}", path.display()));
    if !path.is_file() {
        return Err(failed("it is not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(failed(format!("it has more than {MOST_BYTES} bytes")));
    }
    Ok(bytes)
}
