//! Guests: what they are made of, how they do on their tests, which are built in.

use genesis_abi::{Analysis, Applies, Manifest};
use serde::Serialize;
use serde_json::Value;

use super::shape::{LimitHitShape, OutcomeDetail, UsageShape};
use super::{FORMAT_VERSION, document};
use crate::{GuestInspection, GuestTest, ListedGuest, ModuleParts, TestedCase, TestedResult};

/// Most bytes shown of standard error.
const MOST_STDERR_BYTES: usize = 4 << 10;

/// What a guest is made of, and whether a policy takes it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct InspectDocument<'a> {
    /// `genesis.guest-inspect`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// The guest's name or path.
    guest: &'a str,
    /// `sha256:` and 64 hexadecimal digits over the module.
    digest: &'a str,
    /// Bytes of the module.
    module_bytes: u64,
    /// Whether it is part of the program; the policy's limits on modules are not for those.
    built_in: bool,
    /// Name of the policy.
    policy: &'a str,
    /// Whether the policy takes it.
    taken: bool,
    /// How every run of it would end, for a module that may not be compiled; else null.
    refused: Option<RefusalShape<'a>>,
    /// What else it would be refused for.
    objections: &'a [String],
    /// What else there is to know.
    notes: &'a [String],
    /// What it says of itself; null when that is nothing, or nothing readable.
    manifest: Option<ManifestShape<'a>>,
    /// What is in the module; null when it cannot be taken apart.
    module: Option<ModuleShape<'a>>,
}

/// Why a module may not be compiled.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalShape<'a> {
    /// `denied_import`, `invalid_module`, `module_too_complex` or `failed`.
    outcome: &'static str,
    /// What more there is to say of it.
    detail: OutcomeDetail<'a>,
    /// Every limit that the module passes.
    limits: Vec<LimitHitShape>,
}

/// What a guest says of itself.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ManifestShape<'a> {
    /// Its name.
    name: &'a str,
    /// Its own version.
    version: &'a str,
    /// Version of the contract with the host.
    abi: u32,
    /// `template`, `render`, `case` or `code`.
    applies: &'static str,
    /// Ids of the languages it takes.
    languages: &'a [String],
    /// What it can do with them: `syntax`, `lint`, `run`.
    analyses: Vec<&'static str>,
    /// What it checks.
    description: &'a str,
}

/// What is in a module.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ModuleShape<'a> {
    /// Imports, as `module::name`.
    imports: &'a [String],
    /// Those that the host does not give.
    denied: &'a [String],
    /// Exports.
    exports: &'a [String],
    /// What the policy limits before a module is compiled.
    complexity: Vec<MeasureShape>,
    /// Tables.
    tables: u64,
    /// Most loops and bulk operations of one function.
    loops: u64,
    /// Bytes of memory that it starts with.
    memory_bytes: u64,
    /// Bytes of memory that the policy allows a run.
    memory_limit: u64,
}

/// One measure beside its limit.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MeasureShape {
    /// The limit's name, as in policy files.
    name: &'static str,
    /// What the module has.
    value: u64,
    /// What the policy allows.
    limit: u64,
    /// Whether it has no more than that.
    fits: bool,
}

/// A guest that was tried on inputs with known reports.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct TestDocument<'a> {
    /// `genesis.guest-test`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// The guest's name or path.
    guest: &'a str,
    /// Digest of the module.
    digest: &'a str,
    /// Fingerprint of the engine; fuel of two fingerprints is not comparable. Null when nothing was run.
    engine: Option<&'a str>,
    /// Whether every case is as expected.
    passed: bool,
    /// The cases, by name.
    cases: Vec<CaseShape<'a>>,
}

/// One case.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CaseShape<'a> {
    /// Its name.
    name: &'a str,
    /// `passed`; `blessed` (written down as expected); `differs`; `nothing_expected`; `not_repeated` (two runs of one
    /// input differ).
    result: &'static str,
    /// What was expected, where something else came.
    expected: Option<&'a Value>,
    /// What came, where it is not what was expected.
    actual: Option<&'a Value>,
    /// Whether it was enough to hold what was expected.
    subset: bool,
    /// What two runs differ in.
    not_repeated: Option<&'a str>,
    /// How the run ended.
    outcome: &'static str,
    /// What more there is to say of how it ended.
    detail: OutcomeDetail<'a>,
    /// What it used.
    usage: UsageShape<'a>,
    /// The first 4 KiB of standard error; what is not UTF-8 is replaced.
    stderr: String,
}

/// The built-in guests.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ListDocument<'a> {
    /// `genesis.guest-list`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// The guests.
    guests: Vec<ListedShape<'a>>,
}

/// One built-in guest.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ListedShape<'a> {
    /// Its name, as in policies.
    name: &'a str,
    /// Whether it is part of this program.
    present: bool,
    /// Why it is not.
    absent: Option<&'a str>,
    /// Digest of the module.
    digest: Option<&'a str>,
    /// Bytes of the module.
    module_bytes: u64,
    /// What it says of itself.
    manifest: Option<ManifestShape<'a>>,
}

/// What a guest is made of, for programs.
pub fn json_guest_inspection(guest: &GuestInspection<'_>) -> String {
    document(&InspectDocument {
        format: "genesis.guest-inspect",
        format_version: FORMAT_VERSION,
        guest: guest.guest,
        digest: guest.digest,
        module_bytes: guest.module_bytes,
        built_in: guest.built_in,
        policy: guest.policy,
        taken: guest.is_taken(),
        refused: guest.refused.map(|outcome| RefusalShape {
            outcome: outcome.name(),
            detail: OutcomeDetail::of(outcome),
            limits: LimitHitShape::all(outcome),
        }),
        objections: guest.objections,
        notes: guest.notes,
        manifest: guest.manifest.map(ManifestShape::of),
        module: guest.parts.as_ref().map(ModuleShape::of),
    })
}

/// How a guest does on its tests, for programs.
pub fn json_guest_test(test: &GuestTest<'_>) -> String {
    document(&TestDocument {
        format: "genesis.guest-test",
        format_version: FORMAT_VERSION,
        guest: test.guest,
        digest: test.digest,
        engine: test.engine,
        passed: test.passed(),
        cases: test.cases.iter().map(CaseShape::of).collect(),
    })
}

/// The built-in guests, for programs.
pub fn json_guest_list(guests: &[ListedGuest<'_>]) -> String {
    document(&ListDocument {
        format: "genesis.guest-list",
        format_version: FORMAT_VERSION,
        guests: guests
            .iter()
            .map(|guest| ListedShape {
                name: guest.name,
                present: guest.absent.is_none(),
                absent: guest.absent,
                digest: guest.digest,
                module_bytes: guest.module_bytes,
                manifest: guest.manifest.map(ManifestShape::of),
            })
            .collect(),
    })
}

impl<'a> ManifestShape<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        Self {
            name: &manifest.name,
            version: &manifest.version,
            abi: manifest.abi,
            applies: match manifest.applies {
                Applies::Template => "template",
                Applies::Render => "render",
                Applies::Case => "case",
                Applies::Code => "code",
            },
            languages: &manifest.languages,
            analyses: manifest.analyses.iter().copied().map(Analysis::as_str).collect(),
            description: &manifest.description,
        }
    }
}

impl<'a> ModuleShape<'a> {
    fn of(parts: &ModuleParts<'a>) -> Self {
        Self {
            imports: parts.imports,
            denied: parts.denied,
            exports: parts.exports,
            complexity: parts
                .measures
                .iter()
                .map(|measure| MeasureShape {
                    name: measure.limit.as_str(),
                    value: measure.value,
                    limit: measure.most,
                    fits: measure.fits(),
                })
                .collect(),
            tables: parts.tables,
            loops: parts.checks,
            memory_bytes: parts.memory_bytes,
            memory_limit: parts.memory_limit,
        }
    }
}

impl<'a> CaseShape<'a> {
    fn of(case: &TestedCase<'a>) -> Self {
        let mut shape = Self {
            name: case.name,
            result: "passed",
            expected: None,
            actual: None,
            subset: false,
            not_repeated: None,
            outcome: case.outcome.name(),
            detail: OutcomeDetail::of(case.outcome),
            usage: case.usage.into(),
            stderr: String::from_utf8_lossy(&case.stderr[..case.stderr.len().min(MOST_STDERR_BYTES)])
                .into_owned(),
        };
        match case.result {
            TestedResult::Passed => {}
            TestedResult::Blessed => shape.result = "blessed",
            TestedResult::Differs { expected, actual, subset } => {
                shape.result = "differs";
                (shape.expected, shape.actual, shape.subset) = (Some(expected), Some(actual), subset);
            }
            TestedResult::NothingExpected { actual } => {
                shape.result = "nothing_expected";
                shape.actual = Some(actual);
            }
            TestedResult::NotRepeated { what } => {
                shape.result = "not_repeated";
                shape.not_repeated = Some(what);
            }
        }
        shape
    }
}
