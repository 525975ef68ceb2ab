//! Arguments of `genesis guest`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

#[derive(Debug, Args)]
pub(crate) struct Guest {
    #[command(subcommand)]
    pub(crate) command: GuestCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuestCommand {
    /// Write a project for a guest: it builds with one command and passes its tests
    #[command(after_help = "\
Examples:
  genesis guest new no-tabs
  genesis guest new no-tabs guests/no-tabs --language c
  genesis guest new api-shape --language assemblyscript --applies template

Nothing that exists is overwritten.")]
    New(GuestNew),
    /// Show what a guest is made of, and whether a policy takes it
    #[command(after_help = "\
Examples:
  genesis guest inspect no-tabs.wasm
  genesis guest inspect no-tabs.wasm --policy strict --format json

Exit code 0 when the policy takes the guest, 1 when it refuses it.")]
    Inspect(GuestInspect),
    /// Run a guest on inputs, each twice, and compare what it reports with what is expected
    #[command(after_help = "\
Examples:
  genesis guest test no-tabs.wasm tests
  genesis guest test no-tabs.wasm tests --bless             write what it reports as expected

Each folder below DIR is a case. What the guest is given is one of
  input.json      the whole input, as it stands
  template.json   a template, with baseline.json and parts/ when they are there
  files/          rendered files or code, with tests/ when it is there
and options.json may say answers, language, analysis, rules, profile. What is expected is
  expected.json   a report, compared by what it means; or {\"outcome\": \"out_of_fuel\"};
                  or {\"match\": \"subset\", \"report\": {\"findings\": [{\"code\": \"X1\"}]}}

Exit code 0 when every case passes, 1 when one does not, 4 when there is none.")]
    Test(GuestTest),
    /// List the built-in guests
    List {
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Pin guests by digest in genesis.lock
    #[command(after_help = "\
Examples:
  genesis guest lock                          those of the policy's checks, and all that are pinned already
  genesis guest lock guests/no-tabs.wasm      this one; how a change is accepted
  genesis guest lock --check                  exit with 1 when a pin is missing or out of date

genesis.lock lies beside genesis.toml. An experiment refuses a guest that has another digest than the pinned one.")]
    Lock(GuestLock),
}

#[derive(Debug, Args)]
pub(crate) struct GuestNew {
    /// The guest's name: small letters, digits and dashes
    pub(crate) name: String,
    /// Folder to write into [default: NAME]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Language that it is written in
    #[arg(long, value_enum, default_value_t = GuestLanguage::Rust)]
    pub(crate) language: GuestLanguage,
    /// What it is applied to
    #[arg(long, value_enum, default_value_t = GuestApplies::Case)]
    pub(crate) applies: GuestApplies,
}

/// Languages that a guest can be started in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuestLanguage {
    /// Rust, with the SDK.
    Rust,
    /// C, with a small JSON reader.
    C,
    /// AssemblyScript, with a small JSON reader.
    Assemblyscript,
}

/// What a new guest is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuestApplies {
    /// A template, once a version.
    Template,
    /// What each case rendered.
    Case,
    /// Code of one language.
    Code,
}

#[derive(Debug, Args)]
pub(crate) struct GuestInspect {
    /// A module (.wasm), or the name of a built-in guest
    pub(crate) guest: String,
    /// Policy by name or file: whether it takes the guest
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct GuestTest {
    /// A module (.wasm), or the name of a built-in guest
    pub(crate) guest: String,
    /// Folder of cases
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Write what the guest reports as expected, where it is something else
    #[arg(long)]
    pub(crate) bless: bool,
    /// Policy by name or file: its limits hold
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct GuestLock {
    /// Modules (.wasm) [default: those of the policy's checks, and all that are pinned already]
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    /// Policy by name or file, whose checks are pinned
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Write nothing, and exit with 1 when something would change
    #[arg(long)]
    pub(crate) check: bool,
}
