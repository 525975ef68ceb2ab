//! What a run would have taken that a budget ended.

use genesis_domain::{Need, Shadow, ShadowFound};
use serde::Serialize;

use super::shape::LimitsShape;

/// A second run of one that its fuel or its memory ended, with more of both. It is no part of what was judged.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ShadowShape<'a> {
    /// What came of it.
    found: FoundShape,
    /// How the shadow run ended; null when it was not made.
    outcome: Option<&'static str>,
    /// What would have been enough, of each budget that the run had too little of; empty unless `found` is `ended`.
    needs: Vec<NeedShape>,
    /// What the shadow run was allowed.
    limits: LimitsShape,
    /// Why it was not made; null when it was.
    why: Option<&'a str>,
}

/// What came of a shadow run.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum FoundShape {
    /// It came to its own end.
    Ended,
    /// It used up the larger budget as well: no end is in sight.
    NoEnd,
    /// Another limit ended it, so nothing is known.
    EndedOtherwise,
    /// It was not made.
    NotTried,
}

/// How much of a budget would have been enough.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NeedShape {
    /// The limit's name, as in policy files.
    limit: &'static str,
    /// What the run was allowed.
    allowed: u64,
    /// The least that would have been enough.
    needed: u64,
}

impl<'a> ShadowShape<'a> {
    pub(super) fn of(shadow: &'a Shadow) -> Self {
        let nothing = Self {
            found: FoundShape::NotTried,
            outcome: None,
            needs: Vec::new(),
            limits: (&shadow.tried).into(),
            why: None,
        };
        match &shadow.found {
            ShadowFound::Ended { outcome, needs } => Self {
                found: FoundShape::Ended,
                outcome: Some(outcome.name()),
                needs: needs.iter().map(NeedShape::of).collect(),
                ..nothing
            },
            ShadowFound::NoEnd { limit } => Self {
                found: FoundShape::NoEnd,
                outcome: Some(match limit {
                    genesis_abi::LimitName::MemoryBytes => "memory_exceeded",
                    _ => "out_of_fuel",
                }),
                ..nothing
            },
            ShadowFound::Otherwise { outcome } => {
                Self { found: FoundShape::EndedOtherwise, outcome: Some(outcome.name()), ..nothing }
            }
            ShadowFound::NotTried { why } => Self { why: Some(why), ..nothing },
        }
    }
}

impl NeedShape {
    fn of(need: &Need) -> Self {
        Self { limit: need.limit.as_str(), allowed: need.allowed, needed: need.needed }
    }
}
