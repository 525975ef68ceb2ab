//! Arguments, as they are written on the command line. What they mean is decided by the commands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The proving ground for machine-written templates and code.
///
/// A candidate template is validated and rendered inside a sandbox with hard limits, compared with the version in
/// force, judged by a policy, and recorded as a git history that can be replayed and rolled back.
#[derive(Debug, Parser)]
#[command(
    name = "genesis",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Exit codes: 0 merge (or done), 1 rollback (or findings), 2 usage or configuration, 3 inconclusive,
            4 nothing was checked, 5 infrastructure, 130 interrupted

Examples:
  genesis run-experiment template.json         judge a template, promote it when it is good
  genesis check templates/                     validate files without an experiment
  genesis explain T0203                        what a finding means and what to do
  genesis history list                         what was tried, and what became of it"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Folder for history, ledger and caches [default: .genesis beside genesis.toml, else here]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) state: Option<PathBuf>,
    /// Database of the ledger, postgres://user@host/name [default: a file in the state folder]
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub(crate) database: Option<String>,
    /// Leave writes to the operating system instead of syncing them: faster, and lost when the machine fails
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_durable: bool,
    /// When to use colour (NO_COLOR is obeyed)
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = "Global options")]
    pub(crate) color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Sets the choice for everything that is printed from here on.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge a candidate template against the version in force
    #[command(
        visible_alias = "experiment",
        after_help = "\
Examples:
  genesis run-experiment template.json
  genesis run-experiment template.json --baseline old.json        compare only; nothing is promoted
  genesis run-experiment template.json --risk high --profile strict
  genesis run-experiment template.json --guest my-check.wasm      with a check of your own
  genesis run-experiment template.json --dry-run --format json    for programs; nothing is recorded
  genesis run-experiment template.json --report junit=out.xml --report sarif=out.sarif"
    )]
    RunExperiment(RunExperiment),
    /// Run one guest under the policy's limits and print what became of it
    #[command(after_help = "\
Examples:
  genesis run my-check.wasm -i input.json
  genesis run validate-template -i input.json --policy strict

Exit code 0 when the guest completed, 1 for any other outcome.")]
    Run(RunGuest),
    /// Parse, lint and test code in one language, under the policy's limits
    #[command(after_help = "\
Examples:
  genesis run-job app.py
  genesis run-job --language elixir --analysis syntax lib/app.ex
  cat app.ts | genesis run-job --language typescript --format json -
  genesis run-job --json request.json              {\"id\", \"code\", \"language\", \"analysis_type\"}

Exit code 0 when nothing was found, 1 for errors or warnings, 3 when it cannot be said.")]
    RunJob(RunJob),
    /// Validate files and folders (JSON, .hbs, references between files), without experiment or history
    #[command(after_help = "\
Examples:
  genesis check template.json
  genesis check templates/ --profile legacy
  genesis check templates/ --format github         annotations in a GitHub workflow")]
    Check(Check),
    /// Judge every template that a change touches, with one verdict
    #[command(after_help = "\
Examples:
  genesis ci --base origin/main                       what this branch changes
  genesis ci templates/ --base origin/main            only below a folder
  genesis ci --base HEAD --head index                 what the next commit would change
  genesis ci --base origin/main --head worktree --format markdown

Policy, genesis.toml, lock and cost file, lint rules, suites and guests are those of the base, never of the head: a change
cannot loosen its own gate. That it touches them is a finding, which a person accepts by its digest.

Exit code 0 when all merge, 1 when one does not, 3 when it cannot be said, 4 when no template differs.")]
    Ci(Ci),
    /// Accept what templates cost, in genesis.cost.toml
    #[command(after_help = "\
Examples:
  genesis cost accept                                 measure every template, write genesis.cost.toml
  genesis cost accept templates/service.json          only this one
  genesis ci --base origin/main --check-cost          fail when a case costs more than was accepted")]
    Cost(Cost),
    /// Judge a template again whenever it is saved, and show what changed
    #[command(after_help = "\
Examples:
  genesis watch template.json
  genesis watch template.json --baseline old.json

Nothing is recorded or promoted. Ctrl-C ends it.")]
    Watch(Watch),
    /// Run an experiment again and compare it bit for bit
    Replay(Replay),
    /// Read, verify and mend the history
    History(History),
    /// Bring an earlier version of a template back into force
    #[command(after_help = "\
Examples:
  genesis rollback my-template                     the version before
  genesis rollback my-template --to 1.2.0          a version that was in force")]
    Rollback(Rollback),
    /// Check, show, explain, test and compare policies
    Policy(Policy),
    /// Make, inspect, test and pin guests of your own, and list those that are built in
    #[command(after_help = "\
Examples:
  genesis guest new no-tabs                                 a project in Rust, with tests
  genesis guest inspect no-tabs.wasm                        what it is made of, and whether the policy takes it
  genesis guest test no-tabs.wasm tests                     run it on inputs with known reports
  genesis guest lock no-tabs.wasm                           from now on only this build of it judges
  genesis run-experiment template.json --guest no-tabs.wasm")]
    Guest(Guest),
    /// Explain a finding's code
    #[command(after_help = "\
Examples:
  genesis explain T0203
  genesis explain changelog-top
  genesis explain --list")]
    Explain(Explain),
    /// Run experiments and jobs that come by message
    #[command(after_help = "\
Examples:
  genesis serve --bus nats://127.0.0.1:4222
  genesis serve --bus nats://127.0.0.1:4222 --database postgres://genesis@127.0.0.1/genesis
  genesis serve --bus postgres://genesis@127.0.0.1/shared_queue --concurrency 2 --listen 127.0.0.1:8080

Requests come on genesis.experiment.run and job_requests, results go to genesis.experiment.result and job_results. With
queues (pgmq) a dot in a name is `_`. A request is acknowledged when its result is recorded. SIGTERM and Ctrl-C let what
runs finish and hand the rest back; a second one hands back at once.
GET /livez, /readyz and /metrics say how it is.")]
    Serve(Serve),
    /// Hold a broker to what Genesis needs of it
    Bus(Bus),
    /// Messages that were given up: list, show, send again, drop
    #[command(after_help = "\
Examples:
  genesis dlq list --bus nats://127.0.0.1:4222
  genesis dlq show 3
  genesis dlq requeue 3
  genesis dlq drop 3")]
    Dlq(Dlq),
    /// Show the configuration and where each value comes from
    Config(Config),
    /// Try this host with guests that misbehave, and look at what else the program needs
    #[command(after_help = "\
Examples:
  genesis doctor                            every limit, with how far a guest came past it
  genesis doctor --all                      and every guest on a row
  genesis doctor memory_growth recursion    these guests alone
  genesis doctor --json                     for programs; see `genesis schema doctor`

Exit code 0 when every limit bites and nothing that is configured is broken, else 1.")]
    Doctor(Doctor),
    /// Write a genesis.toml and an example template to start from, or what a CI needs
    #[command(after_help = "\
Examples:
  genesis init                                        genesis.toml and a template
  genesis init --ci github --from OWNER/REPO@REF      a workflow that judges pull requests; REF is the genesis to use
  genesis init --ci pre-commit                        hooks of a clone: for git, and for the program pre-commit
  genesis init --ci pre-receive repository.git        the hook of a server

Nothing that exists is overwritten.")]
    Init(Init),
    /// Print a JSON schema of an output format
    Schema(Schema),
    /// Print shell completions
    Completions(Completions),
    /// Compile and run one guest for the process that started this one
    #[command(hide = true)]
    Worker(Worker),
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs; versioned, see `genesis schema`.
    Json,
}

/// Where a result goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Output {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Write the result to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Every way in which a result can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Human,
    /// For programs; versioned, see `genesis schema`.
    Json,
    /// A JSON object a line, as it goes.
    Ndjson,
    /// JUnit XML, for what shows tests.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations in a GitHub workflow's log, and the job's summary.
    Github,
    /// Markdown for a review comment.
    Markdown,
}

/// A further report in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportTo {
    /// Its format.
    pub(crate) format: ReportFormat,
    /// The file.
    pub(crate) path: PathBuf,
}

impl std::str::FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((format, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err("give FORMAT=FILE, such as junit=out.xml".to_owned());
        };
        let format = ReportFormat::from_str(format, false).map_err(|_| {
            let names: Vec<String> = ReportFormat::value_variants()
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .map(|value| value.get_name().to_owned())
                .collect();
            format!("there is no format `{format}`; there are {}", names.join(", "))
        })?;
        Ok(Self { format, path: path.into() })
    }
}

/// Where a result goes, and further reports of it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reporting {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    /// Write the result to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write a report in another format to a file besides; may be given several times
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(crate) report: Vec<ReportTo>,
}

/// Risk level of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Risk {
    /// The default answers only.
    Low,
    /// Defaults, each answer varied alone, boundaries.
    Medium,
    /// Every pair of answers, and everything run twice.
    High,
}

#[derive(Debug, Args)]
pub(crate) struct RunExperiment {
    /// The candidate
    pub(crate) template: PathBuf,
    /// Compare with this file, version or commit instead of the version in force; nothing is promoted
    #[arg(long, value_name = "FILE|REV")]
    pub(crate) baseline: Option<String>,
    /// The template's id [default: its own, else its path below the root]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Folder below which everything a template names must lie [default: that of genesis.toml, else the template's]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Validator profile: legacy, standard or strict
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Risk level; it chooses the cases
    #[arg(long, value_enum)]
    pub(crate) risk: Option<Risk>,
    /// Answer sets to try besides: a JSON object, or a list of them
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Generated code to check besides what the template renders
    #[arg(long, value_name = "DIR")]
    pub(crate) samples: Option<PathBuf>,
    /// A guest of your own, run as a required check; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) guest: Vec<PathBuf>,
    /// Seed of the guests' randomness [default: a digest of template and policy]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Measure and judge, and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Announce the result through the ledger's outbox
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) announce: bool,
    /// Exit with 1 when something is left to be adapted
    #[arg(long)]
    pub(crate) fail_on_adaptations: bool,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
pub(crate) struct RunGuest {
    /// A module (.wasm), or the name of a built-in guest
    pub(crate) guest: String,
    /// The document on its standard input; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Policy by name or file: its limits hold
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Seed of its randomness
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Count its fuel by function and draw a flame graph of it (SVG); modules only
    #[arg(long)]
    pub(crate) profile: bool,
    /// File of the flame graph [default: GUEST.svg]
    #[arg(short, long, value_name = "FILE", requires = "profile")]
    pub(crate) output: Option<PathBuf>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct RunJob {
    /// The code; `-` reads standard input
    pub(crate) file: PathBuf,
    /// Its language [default: by the file's name]
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// What to do: syntax, lint, security, quality, tests or all [default: all]
    #[arg(long)]
    pub(crate) analysis: Option<String>,
    /// Id of the job: the same job under the same id is answered from the ledger [default: a new one]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// The file is a request as it comes by message: {id, code, language, analysis_type}
    #[arg(long, conflicts_with_all = ["language", "analysis", "id"])]
    pub(crate) json: bool,
    /// Policy by name or file: its limits and lint rules hold
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files and folders
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Validator profile: legacy, standard or strict
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Folder below which everything a template names must lie [default: the folder given, or the file's]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file: its caps and limits hold
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Ci {
    /// Files and folders [default: all of the template root]
    pub(crate) paths: Vec<String>,
    /// What the change is to be merged into [default: origin/HEAD, origin/main or origin/master]
    #[arg(long, value_name = "REV")]
    pub(crate) base: Option<String>,
    /// What the change leads to: a revision, `index`, or `worktree`
    #[arg(long, value_name = "REV|index|worktree", default_value = "HEAD")]
    pub(crate) head: String,
    /// Folder below which everything a template names must lie [default: that of the base's genesis.toml, else the top]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<String>,
    /// Policy by name or file, as the base has it
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Take all that judges from this revision instead of the base
    #[arg(long, value_name = "REV")]
    pub(crate) policy_from: Option<String>,
    /// Digest of a change to what judges that a person accepts (also GENESIS_ACCEPT_GATE, and git's genesis.acceptGate)
    #[arg(long, value_name = "DIGEST")]
    pub(crate) accept_gate: Vec<String>,
    /// Hold what each case costs against the base's genesis.cost.toml
    #[arg(long)]
    pub(crate) check_cost: bool,
    /// Exit with 0 when no template differs
    #[arg(long)]
    pub(crate) allow_empty: bool,
    /// Judge everything anew, and keep no verdict
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Share of known verdicts that are found out anew and compared, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) audit_cache: u8,
    /// Exit with 1 when something is left to be adapted
    #[arg(long)]
    pub(crate) fail_on_adaptations: bool,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
pub(crate) struct Cost {
    #[command(subcommand)]
    pub(crate) command: CostCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CostCommand {
    /// Measure templates and write genesis.cost.toml beside genesis.toml
    Accept(CostAccept),
}

#[derive(Debug, Args)]
pub(crate) struct CostAccept {
    /// Files and folders [default: the folder of genesis.toml, else this one]
    pub(crate) paths: Vec<PathBuf>,
    /// Folder below which everything a template names must lie [default: that of genesis.toml, else of the template]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Write nothing, and exit with 1 when something would change
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The template
    pub(crate) template: PathBuf,
    /// Compare with this file instead of the version in force
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Folder below which everything a template names must lie [default: that of genesis.toml, else the template's]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The experiment's id
    pub(crate) id: String,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(subcommand)]
    pub(crate) command: HistoryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// List experiments, newest first
    List {
        /// Only those of this template
        #[arg(long)]
        template: Option<String>,
        /// Most experiments
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show an experiment's steps and verdict, or a template's versions
    Show {
        /// An experiment's id, or a template's
        id: String,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show what an experiment's candidate changes, or what differs between two commits
    Diff {
        /// An experiment's id, or a commit
        from: String,
        /// A commit
        to: Option<String>,
    },
    /// Check the whole history, and that the ledger agrees with it
    Verify {
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Make the ledger anew from the history
    RebuildLedger,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The template's id
    pub(crate) template: String,
    /// A version, commit or experiment that was in force [default: the one before]
    #[arg(long, value_name = "VERSION|COMMIT|ID")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check policy files
    Check {
        /// Names or files
        #[arg(required = true)]
        policies: Vec<String>,
    },
    /// Show every setting and where it comes from
    Show {
        /// Name or file
        #[arg(default_value = "default")]
        policy: String,
    },
    /// Explain the rules in words
    Explain {
        /// Name or file
        #[arg(default_value = "default")]
        policy: String,
    },
    /// Judge recorded evidence (policies/cases) and compare with the verdicts that are expected
    Test {
        /// Files of cases
        #[arg(required = true)]
        cases: Vec<PathBuf>,
        /// Name or file
        #[arg(long, default_value = "default")]
        policy: String,
    },
    /// Show what differs between two policies
    Diff {
        /// Name or file
        left: String,
        /// Name or file
        right: String,
    },
}

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

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A code such as T0203, or its name such as changelog-top
    #[arg(required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List all codes
    #[arg(long)]
    pub(crate) list: bool,
}

/// Address of the broker.
#[derive(Debug, Clone, Args)]
pub(crate) struct BusAddress {
    /// Broker: nats://host:port, or postgres://user@host/name for queues [default: GENESIS_NATS_URL, `bus` in
    /// genesis.toml, NATS_URL, SHARED_QUEUE_DB_URL]
    #[arg(long = "bus", value_name = "URL")]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) bus: BusAddress,
    /// Policy by name or file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// Most experiments at once, and as many jobs [default: as many as there are threads]
    #[arg(long, value_name = "COUNT")]
    pub(crate) concurrency: Option<std::num::NonZeroUsize>,
    /// Most experiments that are recorded at once, by one sync
    #[arg(long, value_name = "COUNT", default_value = "64")]
    pub(crate) batch: std::num::NonZeroUsize,
    /// Where health and metrics are answered over HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// Seconds that what runs may take to finish when the service ends
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) grace: u64,
    /// Seconds after which an experiment is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Bus {
    #[command(subcommand)]
    pub(crate) command: BusCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BusCommand {
    /// Check that a broker delivers, redelivers, delays and buries as it must, in channels made for it and removed again
    #[command(after_help = "\
Examples:
  genesis bus conformance                                     the bus within the process
  genesis bus conformance --url nats://127.0.0.1:4222

Exit code 0 when everything holds, 1 when something does not, 5 when the broker cannot be reached.")]
    Conformance {
        /// The broker [default: the bus within the process]
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    pub(crate) command: DlqCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DlqCommand {
    /// List what was given up and why, oldest first
    List {
        #[command(flatten)]
        bus: BusAddress,
        /// Most messages
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show one with what was sent
    Show {
        /// Its number
        number: u64,
        #[command(flatten)]
        bus: BusAddress,
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Send one to its subject again and take it from the list
    Requeue {
        /// Its number
        number: u64,
        #[command(flatten)]
        bus: BusAddress,
    },
    /// Drop one for good
    Drop {
        /// Its number
        number: u64,
        #[command(flatten)]
        bus: BusAddress,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every value and where it comes from
    Show {
        /// Format of the result
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Guests that misbehave, by name [default: all]
    #[arg(value_name = "GUEST")]
    pub(crate) guests: Vec<String>,
    /// Show every guest, not only every limit
    #[arg(long)]
    pub(crate) all: bool,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to write into; for `pre-receive`, the repository
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Write what judges changes there instead
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(crate) ci: Option<CiHost>,
    /// Repository and revision on GitHub, or its address and revision, that genesis is built from
    #[arg(long, value_name = "REPO@REF", requires = "ci")]
    pub(crate) from: Option<String>,
}

/// Where changes are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiHost {
    /// A GitHub workflow.
    Github,
    /// A GitLab pipeline.
    Gitlab,
    /// Before a commit, in a clone.
    PreCommit,
    /// Before a push is taken, on a server.
    PreReceive,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which: experiment, gate, event, check, run, job, guest-inspect, guest-test, guest-list or doctor
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// What the process that started this one says
    #[arg(required = true, allow_hyphen_values = true, trailing_var_arg = true)]
    pub(crate) orders: Vec<OsString>,
}
