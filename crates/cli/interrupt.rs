//! Ctrl-C: the first one ends what is running in good order, the second one at once.

use genesis_sandbox::Cancel;

use crate::exit::{Exit, Failure};

/// A cancellation that Ctrl-C and termination requests set off. Nothing is lost either way: an experiment is recorded
/// as a whole or not at all.
pub(crate) fn cancel_on_interrupt() -> Result<Cancel, Failure> {
    let cancel = Cancel::new();
    let handed = cancel.clone();
    ctrlc::set_handler(move || {
        if handed.is_cancelled() {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        handed.cancel();
    })
    .map_err(|error| Failure::infrastructure(format!("Ctrl-C cannot be handled: {error}")))?;
    Ok(cancel)
}
