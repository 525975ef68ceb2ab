//! What there is to say of guests.

use genesis_abi::{LimitName, Manifest, RunOutcome, Usage};
use serde_json::Value;

/// What a guest is made of, and whether a policy takes it.
#[derive(Debug, Clone, Copy)]
pub struct GuestInspection<'a> {
    /// The guest's name or path, as it was given.
    pub guest: &'a str,
    /// Digest of the module.
    pub digest: &'a str,
    /// Bytes of the module.
    pub module_bytes: u64,
    /// Whether it is part of the program; the policy's limits on modules are not for those.
    pub built_in: bool,
    /// Name of the policy.
    pub policy: &'a str,
    /// What it says of itself.
    pub manifest: Option<&'a Manifest>,
    /// What is in the module; `None` when it cannot be taken apart.
    pub parts: Option<ModuleParts<'a>>,
    /// The outcome that every run of it would have, for a module that may not be compiled.
    pub refused: Option<&'a RunOutcome>,
    /// What else it would be refused for.
    pub objections: &'a [String],
    /// What else there is to know.
    pub notes: &'a [String],
}

impl GuestInspection<'_> {
    /// Whether the policy takes it.
    pub fn is_taken(&self) -> bool {
        self.refused.is_none() && self.objections.is_empty()
    }
}

/// What is in a module.
#[derive(Debug, Clone, Copy)]
pub struct ModuleParts<'a> {
    /// Imports, as `module::name`.
    pub imports: &'a [String],
    /// Those that the host does not give.
    pub denied: &'a [String],
    /// Exports.
    pub exports: &'a [String],
    /// What the policy limits.
    pub measures: &'a [Measure],
    /// Tables.
    pub tables: u64,
    /// Most loops and bulk operations of one function.
    pub checks: u64,
    /// Bytes of memory that it starts with.
    pub memory_bytes: u64,
    /// Bytes of memory that the policy allows a run.
    pub memory_limit: u64,
}

/// One measure of a module beside its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// The limit, as in `[module]` of policy files.
    pub limit: LimitName,
    /// What the module has.
    pub value: u64,
    /// What the policy allows.
    pub most: u64,
}

impl Measure {
    /// Whether the module has no more than is allowed.
    pub fn fits(&self) -> bool {
        self.value <= self.most
    }
}

/// A guest that was tried on inputs with known reports.
#[derive(Debug, Clone, Copy)]
pub struct GuestTest<'a> {
    /// The guest's name or path, as it was given.
    pub guest: &'a str,
    /// Digest of the module.
    pub digest: &'a str,
    /// Fingerprint of the engine; `None` when nothing was run.
    pub engine: Option<&'a str>,
    /// The cases, in order.
    pub cases: &'a [TestedCase<'a>],
}

impl GuestTest<'_> {
    /// Whether every case is as expected. No case at all is not.
    pub fn passed(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|case| case.result.is_as_expected())
    }
}

/// One case.
#[derive(Debug, Clone, Copy)]
pub struct TestedCase<'a> {
    /// Its name.
    pub name: &'a str,
    /// How what came compares with what was expected.
    pub result: TestedResult<'a>,
    /// How the run ended.
    pub outcome: &'a RunOutcome,
    /// What it used.
    pub usage: &'a Usage,
    /// What the guest wrote to standard error.
    pub stderr: &'a [u8],
}

/// How what came of a case compares with what was expected.
#[derive(Debug, Clone, Copy)]
pub enum TestedResult<'a> {
    /// It is as expected.
    Passed,
    /// What came was written down as expected from now on.
    Blessed,
    /// It is something else.
    Differs {
        /// What was expected.
        expected: &'a Value,
        /// What came.
        actual: &'a Value,
        /// Whether it was enough to hold what was expected.
        subset: bool,
    },
    /// Nothing was expected.
    NothingExpected {
        /// What came.
        actual: &'a Value,
    },
    /// A second run gave something else.
    NotRepeated {
        /// What differs.
        what: &'a str,
    },
}

impl TestedResult<'_> {
    /// Whether there is nothing to mend.
    pub fn is_as_expected(&self) -> bool {
        matches!(self, Self::Passed | Self::Blessed)
    }
}

/// A built-in guest.
#[derive(Debug, Clone, Copy)]
pub struct ListedGuest<'a> {
    /// Its name, as in policies.
    pub name: &'a str,
    /// Digest of the module; `None` when it is absent.
    pub digest: Option<&'a str>,
    /// Bytes of the module; 0 when it is absent.
    pub module_bytes: u64,
    /// What it says of itself.
    pub manifest: Option<&'a Manifest>,
    /// Why it is not there; `None` when it is.
    pub absent: Option<&'a str>,
}
