//! The command line: arguments, configuration, wiring, exit codes. The only crate that reads the environment and the
//! wall clock, and that prints.

mod args;
mod broker;
mod command;
mod config;
mod cost_file;
mod exit;
mod gate;
mod git;
mod guest_cases;
mod host;
mod http;
mod interrupt;
mod lock;
mod mirror;
mod notify;
mod policies;
mod progress;
mod reload;
mod reports;
mod state;
mod walk;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};

fn main() -> std::process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            // When the terminal is gone there is nobody left to tell.
            let _closed = error.print();
            return exit.into();
        }
    };
    // Before anything else: a worker gives up what it could do while it has one thread, and prints nothing.
    if let Command::Worker(args) = &cli.command {
        return genesis_sandbox::serve_worker(&args.orders);
    }
    http::install_tls();
    cli.global.color.apply();
    let exit = match dispatch(cli) {
        Ok(exit) => exit,
        Err(failure) => failure.print(),
    };
    exit.into()
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let global = cli.global;
    match cli.command {
        Command::RunExperiment(args) => command::run_experiment::run(&args, &global),
        Command::Run(args) => command::run_guest::run(&args, &global),
        Command::RunJob(args) => command::run_job::run(&args, &global),
        Command::Check(args) => command::check::run(&args, &global),
        Command::Ci(args) => command::ci::run(&args, &global),
        Command::Cost(args) => command::cost::run(&args, &global),
        Command::Watch(args) => command::watch::run(&args, &global),
        Command::Replay(args) => command::replay::run(&args, &global),
        Command::History(args) => command::history::run(&args, &global),
        Command::Rollback(args) => command::rollback::run(&args, &global),
        Command::Policy(args) => command::policy::run(&args, &global),
        Command::Guest(args) => command::guest::run(&args, &global),
        Command::Explain(args) => command::explain::run(&args),
        Command::Serve(args) => command::serve::run(&args, &global),
        Command::Cancel(args) => command::cancel::run(&args, &global),
        Command::Up(args) => command::up::run(&args, &global),
        Command::Bus(args) => command::bus::run(&args, &global),
        Command::Schedule(args) => command::schedule::run(&args, &global),
        Command::Dlq(args) => command::dlq::run(&args, &global),
        Command::Config(args) => command::config::run(&args, &global),
        Command::Doctor(args) => command::doctor::run(&args, &global),
        Command::Init(args) => command::init::run(&args),
        Command::Schema(args) => command::schema::run(&args),
        Command::Completions(args) => command::completions::run(&args),
        Command::Worker(_) => unreachable!("a worker serves from the start of the program"),
    }
}
