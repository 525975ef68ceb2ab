//! An examination of the host.

use serde::Serialize;

use super::shape::{LimitHitShape, OutcomeDetail};
use super::{FORMAT_VERSION, document};
use crate::{Doctor, Examined, Layer, Resources, Service, ServiceState};

/// What an examination of the host found.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct DoctorDocument<'a> {
    /// `genesis.doctor`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// Whether every limit bites and nothing that was looked at is broken.
    well: bool,
    /// Guests that were tried.
    tried: u64,
    /// Guests of which something is not as it must be.
    failed: u64,
    /// The engines.
    engines: Vec<EngineShape<'a>>,
    /// Each guest, in order.
    guests: Vec<ExaminedShape<'a>>,
    /// This process, before and after all guests.
    host: HostShape,
    /// What keeps worker processes from the rest of the system.
    lockdown: Vec<LayerShape<'a>>,
    /// What else the program needs.
    services: Vec<ServiceShape<'a>>,
}

/// A class of engine.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EngineShape<'a> {
    /// `small`, `large` or `component`.
    class: &'a str,
    /// Everything that changes fuel; figures are compared only under the same one.
    fingerprint: &'a str,
}

/// One guest that misbehaves.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ExaminedShape<'a> {
    /// Its name.
    name: &'a str,
    /// What it does.
    does: &'a str,
    /// `in-process` or `worker`.
    isolation: &'a str,
    /// `bites` or `failed`.
    verdict: &'static str,
    /// How it ended.
    outcome: &'static str,
    /// What more there is to say of how it ended.
    detail: OutcomeDetail<'a>,
    /// Every limit that was passed.
    limits: Vec<LimitHitShape>,
    /// The limit that it must run into, as in policy files; null when it must end in another way.
    limit: Option<&'static str>,
    /// That limit's value.
    value: Option<u64>,
    /// What it used or asked for of it.
    asked: Option<u64>,
    /// What of it was really used; null where that cannot be seen, or nothing was run.
    stopped_at: Option<u64>,
    /// What was used beyond the limit, in percent of it.
    overshoot_percent: Option<f64>,
    /// Microseconds for looking at it and compiling it.
    load_us: u64,
    /// Microseconds for running it.
    run_us: u64,
    /// Bytes by which this process's resident memory was larger after it.
    resident_change_bytes: Option<i64>,
    /// What is not as it must be.
    problems: &'a [String],
}

/// This process.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HostShape {
    /// Before the first guest.
    before: ResourcesShape,
    /// After the last.
    after: ResourcesShape,
}

/// What a process holds; null where the host does not show it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ResourcesShape {
    /// Resident memory.
    resident_bytes: Option<u64>,
    /// Open file descriptors.
    descriptors: Option<u64>,
    /// Threads.
    threads: Option<u64>,
}

/// A layer of defence behind the sandbox.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LayerShape<'a> {
    /// Its name.
    name: &'a str,
    /// Whether it is in force.
    on: bool,
    /// How, or why not.
    detail: &'a str,
}

/// Something that the program needs besides its sandbox.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ServiceShape<'a> {
    /// Its name.
    name: &'a str,
    /// `well`, `broken`, `absent` (none is configured, or there is none yet) or `unknown` (configured, and this program
    /// cannot look at it; or there, and not all that it could be).
    state: &'static str,
    /// In a sentence.
    detail: &'a str,
}

/// The examination for programs.
pub fn json_doctor(doctor: &Doctor<'_>) -> String {
    document(&DoctorDocument {
        format: "genesis.doctor",
        format_version: FORMAT_VERSION,
        well: doctor.is_well(),
        tried: doctor.guests.len() as u64,
        failed: doctor.guests.iter().filter(|guest| !guest.problems.is_empty()).count() as u64,
        engines: doctor
            .engines
            .iter()
            .map(|(class, fingerprint)| EngineShape { class, fingerprint })
            .collect(),
        guests: doctor.guests.iter().map(ExaminedShape::of).collect(),
        host: HostShape { before: doctor.before.into(), after: doctor.after.into() },
        lockdown: doctor.layers.iter().map(LayerShape::of).collect(),
        services: doctor.services.iter().map(ServiceShape::of).collect(),
    })
}

impl<'a> ExaminedShape<'a> {
    fn of(guest: &Examined<'a>) -> Self {
        Self {
            name: guest.name,
            does: guest.does,
            isolation: guest.isolation,
            verdict: if guest.problems.is_empty() { "bites" } else { "failed" },
            outcome: guest.outcome.name(),
            detail: OutcomeDetail::of(guest.outcome),
            limits: LimitHitShape::all(guest.outcome),
            limit: guest.limit.map(|(name, _)| name.as_str()),
            value: guest.limit.map(|(_, value)| value),
            asked: guest.asked,
            stopped_at: guest.stopped_at,
            overshoot_percent: guest.overshoot_percent.filter(|percent| percent.is_finite()),
            load_us: guest.load_us,
            run_us: guest.run_us,
            resident_change_bytes: guest.resident_change_bytes,
            problems: guest.problems,
        }
    }
}

impl From<Resources> for ResourcesShape {
    fn from(resources: Resources) -> Self {
        let Resources { resident_bytes, descriptors, threads } = resources;
        Self { resident_bytes, descriptors, threads }
    }
}

impl<'a> LayerShape<'a> {
    fn of(layer: &Layer<'a>) -> Self {
        Self { name: layer.name, on: layer.is_on, detail: layer.detail }
    }
}

impl<'a> ServiceShape<'a> {
    fn of(service: &Service<'a>) -> Self {
        Self {
            name: service.name,
            state: match service.state {
                ServiceState::Well => "well",
                ServiceState::Broken => "broken",
                ServiceState::Absent => "absent",
                ServiceState::Unknown => "unknown",
            },
            detail: service.detail,
        }
    }
}
