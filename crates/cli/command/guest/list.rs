//! `genesis guest list`.

use genesis_abi::Manifest;
use genesis_report::ListedGuest;

use crate::args::Format;
use crate::command::print;
use crate::command::run_experiment::style;
use crate::exit::{Exit, Failure};

/// Lists the built-in guests.
pub(super) fn run(format: Format) -> Result<Exit, Failure> {
    let manifests: Vec<_> = genesis_guests::ALL.iter().map(built_in_manifest).collect();
    let guests: Vec<ListedGuest<'_>> = genesis_guests::ALL
        .iter()
        .zip(&manifests)
        .map(|(guest, manifest)| ListedGuest {
            name: guest.name,
            digest: guest.missing().is_none().then_some(guest.digest),
            module_bytes: guest.size as u64,
            manifest: manifest.as_ref(),
            absent: guest.missing(),
        })
        .collect();
    print(&match format {
        Format::Human => genesis_report::human_guest_list(&guests, &style(true)),
        Format::Json => genesis_report::json_guest_list(&guests),
    })?;
    Ok(Exit::Success)
}

/// The manifest of a built-in guest, which the build took from its module.
fn built_in_manifest(guest: &genesis_guests::Guest) -> Option<Manifest> {
    serde_json::from_str(guest.manifest).ok()
}
