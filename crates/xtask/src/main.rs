//! Prepares a machine, builds, tests and checks the project.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 not
//! understood; `genesis` ends with the program's own exit code.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner reads its environment, takes times and talks to a terminal"
)]

mod arguments;
mod assemblyscript;
mod bench;
mod call;
mod ci;
mod digests;
mod example;
mod fuzz;
mod genesis;
mod needs;
mod peers;
mod project;
mod python;
mod python_guest;
mod servers;
mod soak;
mod test;
mod wasm_cc;

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::Task;
use crate::project::Project;

fn main() -> ExitCode {
    let task = match arguments::parse(env::args_os().skip(1)) {
        Ok(task) => task,
        Err(message) => {
            eprintln!("xtask: {message}; `cargo xtask --help` lists the tasks");
            return ExitCode::from(2);
        }
    };
    match run(task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let project = Project::find()?;
    match task {
        Task::Help => print!("{}", arguments::HELP),
        Task::Genesis(arguments) => return genesis::run(&project, &arguments),
        Task::Setup => needs::setup(&project)?,
        Task::Test(arguments) => test::run(&project, &arguments)?,
        Task::Ci => ci::run(&project)?,
        Task::Soak(arguments) => soak::run(&project, &arguments)?,
        Task::Fuzz(request) => fuzz::run(&project, &request)?,
        Task::Bench(request) => bench::run(&project, &request)?,
        Task::Guests => python_guest::build(&project)?,
        Task::Digests { write } => digests::run(&project, write)?,
    }
    Ok(ExitCode::SUCCESS)
}
