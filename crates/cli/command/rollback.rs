//! `genesis rollback`.

use genesis_domain::TemplateId;

use crate::args::{Global, Rollback};
use crate::command::{print, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::{host, state};

/// Brings an earlier version back into force.
pub(crate) fn run(args: &Rollback, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let template = TemplateId::new(&args.template).map_err(Failure::usage)?;
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let commits = state::open_existing(&config).await?;
        genesis_experiment::roll_back(
            &commits,
            &template,
            args.to.as_deref(),
            host::now_ms(),
            &state::waiting,
        )
        .await
        .map_err(Failure::from)
    })?;
    let shown =
        |version: &Option<String>| version.clone().unwrap_or_else(|| "a version without a number".to_owned());
    print(&format!(
        "{template}: {} is in force again, {} is not\n  commit {}; the number {} stays used\n",
        shown(&done.to),
        shown(&done.from),
        done.commit,
        shown(&done.from)
    ))?;
    Ok(Exit::Success)
}
