//! Runs one guest under limits.
//!
//! A [`Sandbox`] compiles WASI command modules and command components and runs them with one JSON document on standard input. A guest that
//! misbehaves gives a [`RunOutcome`](genesis_abi::RunOutcome); an `Err` means that the host failed and says nothing
//! of the guest. The same guest, input, seed and limits give the same report, fuel and host-call log, bit for bit,
//! unless the run ends by its stack or its wall time.
//!
//! An untrusted guest can be compiled and run by worker processes, which the system keeps from everything but their two
//! pipes: see [`Sandbox::load_in_worker`]. A program that wants them calls [`serve_worker`] under some arguments of its
//! own, and names itself and these in a [`WorkerCommand`].
//!
//! The crate knows nothing of templates. It reads no environment and no file but those of its own cache. A guest
//! gets no files, no sockets, no environment and no real clock: see `wasi` for the layer that it talks to.

mod cache;
mod cancel;
mod clock;
mod cost;
mod engine;
mod error;
mod excerpt;
mod guest;
#[cfg(test)]
mod live;
mod meter;
mod profile;
mod run;
mod sandbox;
mod scan;
mod snapshot;
mod stop;
mod wasi;
mod worker;

pub use cancel::Cancel;
pub use clock::{CLOCK_START_NS, NS_PER_FUEL};
pub use cost::{
    COST_TABLE_VERSION, GROW as GROW_FUEL, HOST_BYTE as HOST_BYTE_FUEL, HOST_CALL as HOST_CALL_FUEL,
    HOST_ITEM as HOST_ITEM_FUEL,
};
pub use engine::Class;
pub use error::SandboxError;
pub use guest::{Guest, digest};
pub use profile::{Profiled, ProfiledStack};
pub use run::Run;
pub use sandbox::{Sandbox, SandboxConfig};
pub use scan::{Inspection, inspect};
pub use wasi::WASI_LAYER_VERSION;
pub use worker::{Layer, Lockdown, WorkerCommand, WorkerConfig, available_lockdown, lock_down, serve_worker};
