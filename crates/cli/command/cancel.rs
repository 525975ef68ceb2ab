//! `genesis cancel`.

use genesis_bus::Outgoing;
use genesis_domain::subject::EXPERIMENT_CANCEL;
use serde_json::json;
use uuid::Uuid;

use crate::args::{Cancel, Global};
use crate::broker;
use crate::command::{print, runtime};
use crate::config::Config;
use crate::exit::{Exit, Failure};

/// Tells the service that an experiment is not wanted any more.
pub(crate) fn run(args: &Cancel, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let reason = args.reason.as_deref().unwrap_or("by `genesis cancel`");
    let mut message = json!({ "experiment_id": args.id, "reason": reason });
    if let Some(sender) = &args.of {
        message["instance_id"] = json!(sender);
    }
    runtime()?.block_on(async {
        let bus = broker::connect(&args.bus, &config).await?;
        let id = format!("cancel:{}", Uuid::now_v7());
        let payload = message.to_string();
        bus.publish(&Outgoing {
            subject: EXPERIMENT_CANCEL.name,
            id: &id,
            traceparent: None,
            payload: payload.as_bytes(),
        })
        .await?;
        Ok::<(), Failure>(())
    })?;
    print(&format!(
        "{} is called off, unless it is recorded already; whoever asked gets its result, or the code CANCELLED\n",
        args.id.escape_debug()
    ))?;
    Ok(Exit::Success)
}
