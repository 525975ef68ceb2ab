//! `genesis run-job`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use genesis_abi::Severity;
use genesis_domain::{JobReply, JobStatus};
use genesis_experiment::{Answered, Job, JobRequest};

use crate::args::{Format, Global, RunJob};
use crate::command::run_experiment::style;
use crate::command::{deliver, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::{host, interrupt, policies, state};

/// Looks at code and says what was found.
pub(crate) fn run(args: &RunJob, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let cancel = interrupt::cancel_on_interrupt()?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let code = read_code(&args.file, policy.max().part_bytes)?;
    let request = request(args, &code)?;
    let runner = host::runner(&config)?;
    let job = Job {
        request: &request,
        policy: &policy,
        instance: config.instance.value.clone(),
        created_at_ms: host::now_ms(),
    };
    let reply = if args.dry_run {
        job.run(&runner, &cancel)?
    } else {
        let runtime = runtime()?;
        let clock = host::stopwatch();
        let answered = runtime.block_on(async {
            let commits = state::open(&config).await?;
            Ok::<_, Failure>(job.answer(&runner, &commits.ledger, &cancel, &clock).await?)
        })?;
        match answered {
            Answered::Run(record) => record.reply,
            Answered::Known(record) => {
                crate::progress::note(&format!(
                    "note: the job {} is recorded already; this is its reply",
                    request.id
                ));
                record.reply
            }
            Answered::Conflict => {
                return Err(Failure::usage(format!(
                    "CONFLICT: another job is recorded under the id {}",
                    request.id
                ))
                .with_help("a job's id names one code, language, analysis and policy; choose another id"));
            }
        }
    };
    let text = match args.output.format {
        Format::Human => {
            let sources = BTreeMap::from([(request.file.clone(), request.code.clone())]);
            genesis_report::human_job(&reply, &request.file, &sources, &style(args.output.output.is_none()))
        }
        Format::Json => genesis_report::json_job(&reply, &request.file),
    };
    deliver(&text, args.output.output.as_deref())?;
    Ok(exit(&reply))
}

fn request(args: &RunJob, code: &str) -> Result<JobRequest, Failure> {
    if args.json {
        return JobRequest::from_json(code).map_err(Failure::usage);
    }
    let name =
        args.file.file_name().filter(|name| *name != "-").map(|name| name.to_string_lossy().into_owned());
    let by_name = || name.as_deref().and_then(genesis_template::language_of_path).map(|language| language.id);
    let language = args.language.as_deref().or_else(by_name).ok_or_else(|| {
        Failure::usage("the code's language is not known by its file's name")
            .with_help("name it with --language; `genesis guest list` shows the languages")
    })?;
    let id = args.id.clone().unwrap_or_else(host::new_job_id);
    JobRequest::new(&id, code, language, args.analysis.as_deref(), name.as_deref()).map_err(Failure::usage)
}

fn read_code(path: &Path, most: u64) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(most + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    if bytes.len() as u64 > most {
        return Err(Failure::usage(format!(
            "{} has more than {most} bytes (key `part_bytes` in [max] of the policy)",
            path.display()
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        Failure::usage(format!(
            "{} is not UTF-8: the byte at offset {} is wrong",
            path.display(),
            error.utf8_error().valid_up_to()
        ))
    })
}

/// 0 clean, 1 errors or warnings were found, 3 it cannot be said.
fn exit(reply: &JobReply) -> Exit {
    let found = reply.findings.iter().any(|finding| finding.severity > Severity::Note);
    match reply.status {
        JobStatus::Completed if found => Exit::Rollback,
        JobStatus::Completed => Exit::Success,
        JobStatus::Failed | JobStatus::Unsupported => Exit::Inconclusive,
    }
}
