//! Arguments, as they are written on the command line. What they mean is decided by the commands.

mod broker;
mod cancel;
mod change;
mod guest;
mod history;
mod host;
mod output;
mod policy;
mod run;
mod schedule;
mod service;
mod up;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use broker::{BusAddress, BusAddresses, NatsLogin, NatsOptions};
pub(crate) use cancel::Cancel;
pub(crate) use change::{Check, Ci, Cost, CostAccept, CostCommand, Watch};
pub(crate) use guest::{
    Guest, GuestApplies, GuestCommand, GuestInspect, GuestLanguage, GuestLock, GuestNew, GuestTest,
};
pub(crate) use history::{History, HistoryCommand, Replay, Rollback};
pub(crate) use host::{CiHost, Completions, Config, ConfigCommand, Doctor, Explain, Init, Schema, Worker};
pub(crate) use output::{Format, Output, ReportFormat, ReportTo, Reporting};
pub(crate) use policy::{Policy, PolicyCommand};
pub(crate) use run::{Risk, RunExperiment, RunGuest, RunJob};
pub(crate) use schedule::{Schedule, ScheduleCommand, TaskName};
pub(crate) use service::{Bus, BusCommand, Dlq, DlqCommand, Serve};
pub(crate) use up::Up;

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
The policy is read again when its files change, and at once on SIGHUP. GET /livez, /readyz and /metrics say how it is.")]
    Serve(Serve),
    /// Start everything on this machine: what is missing of broker and database, and the service
    #[command(after_help = "\
Examples:
  genesis up                                    nats-server and PostgreSQL, where they are installed
  genesis up --embedded                         nothing but this program
  genesis up --bus nats://127.0.0.1:4222        with a broker that is there already

Servers keep what they have below the state folder and end with this program. Ctrl-C ends all of it.")]
    Up(Up),
    /// Hold a broker to what Genesis needs of it, or tidy it
    Bus(Bus),
    /// Call off an experiment that was asked for by message
    #[command(after_help = "\
Examples:
  genesis cancel exp-7 --of singularity_1 --reason \"the wrong file\"

What runs is stopped within seconds, in whichever process; what has not come yet is not begun. What is recorded stays: take it
back with `genesis rollback`.")]
    Cancel(Cancel),
    /// What the service does at set times: cleanup, trends, metrics, queue-retention
    #[command(after_help = "\
Examples:
  genesis schedule list                    when each task is due, and what became of it last
  genesis schedule run cleanup             do it now

Times are cron expressions in UTC, in `[schedule]` of genesis.toml or GENESIS_SCHEDULE_CLEANUP, ...; `off` switches a task off.
Of all services that share a ledger one does a task at each of its times.")]
    Schedule(Schedule),
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
