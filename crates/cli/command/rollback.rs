//! `genesis rollback`.

use genesis_domain::TemplateId;
use genesis_experiment::roll_back;

use crate::args::{Global, Rollback};
use crate::command::{print, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::{host, mirror, state};

/// Brings an earlier version back into force.
pub(crate) fn run(args: &Rollback, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let template = TemplateId::new(&args.template).map_err(Failure::usage)?;
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let commits = state::open_existing(&config).await?;
        let (to, now_ms) = (args.to.as_deref(), host::now_ms());
        let back = async || roll_back(&commits, &template, to, now_ms, &state::waiting).await;
        mirror::with_version(&config, &commits, back).await
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
