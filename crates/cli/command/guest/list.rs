//! `genesis guest list`.

use genesis_experiment::guest_manifest;
use genesis_report::ListedGuest;

use crate::args::Format;
use crate::command::print;
use crate::command::run_experiment::style;
use crate::exit::{Exit, Failure};

/// Why a built-in guest is not there.
const ABSENT: &str = "left out when this program was built";

/// Lists the built-in guests.
pub(super) fn run(format: Format) -> Result<Exit, Failure> {
    let manifests: Vec<_> =
        genesis_guests::ALL.iter().map(|guest| guest_manifest(guest.wasm).and_then(Result::ok)).collect();
    let guests: Vec<ListedGuest<'_>> = genesis_guests::ALL
        .iter()
        .zip(&manifests)
        .map(|(guest, manifest)| ListedGuest {
            name: guest.name,
            digest: guest.is_present().then_some(guest.digest),
            module_bytes: guest.wasm.len() as u64,
            manifest: manifest.as_ref(),
            absent: (!guest.is_present()).then_some(ABSENT),
        })
        .collect();
    print(&match format {
        Format::Human => genesis_report::human_guest_list(&guests, &style(true)),
        Format::Json => genesis_report::json_guest_list(&guests),
    })?;
    Ok(Exit::Success)
}
