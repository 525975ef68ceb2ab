//! A gate as it goes: one JSON object a line, each complete in itself.

use serde::Serialize;

use super::experiment::{DecisionShape, MetricShape, VerdictShape};
use super::gate::{ChangeName, StatusName, SummaryShape};
use super::shape::FindingShape;
use super::{FORMAT_VERSION, without_commands};
use crate::told::{Novelty, Told, told, told_of};
use crate::{EntryResult, Event, Gate, GateEntry};

/// One line.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct EventDocument<'a> {
    /// `genesis.event`.
    format: &'static str,
    /// Version of this format.
    format_version: u32,
    /// What happened.
    #[serde(flatten)]
    event: EventShape<'a>,
}

/// What happened.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventShape<'a> {
    /// It begins.
    Started {
        /// How many templates there are to look at.
        templates: u64,
        /// What the change starts from.
        base: Option<&'a str>,
        /// What the change leads to.
        head: Option<&'a str>,
    },
    /// Runs of one template were carried out.
    Progress {
        /// The template's path.
        path: &'a str,
        /// Runs that ended.
        done: u64,
        /// Runs that were planned; more may be when it is known what was rendered.
        total: u64,
    },
    /// Something was found.
    Finding {
        /// The template's path; null for a finding that belongs to no template.
        template: Option<&'a str>,
        /// The file in the repository where it is told.
        path: &'a str,
        /// First line in that file; null when it is of no line there.
        line: Option<u32>,
        /// First column, in characters.
        column: Option<u32>,
        /// Last line.
        end_line: Option<u32>,
        /// One past the last column.
        end_column: Option<u32>,
        /// Whether the change touches its line.
        on_changed_line: bool,
        /// The finding.
        finding: FindingShape<'a>,
    },
    /// A template is done; its findings came before.
    Template(Box<TemplateDone<'a>>),
    /// A file was passed over.
    Skipped {
        /// Its path.
        path: &'a str,
        /// Why.
        why: &'a str,
    },
    /// All is done. The last line.
    Ended {
        /// The one verdict; null when nothing was there to be judged.
        decision: Option<DecisionShape>,
        /// What was found in all templates together.
        summary: SummaryShape,
    },
}

/// A template that is done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TemplateDone<'a> {
    /// Its path.
    path: &'a str,
    /// Why it was looked at.
    change: ChangeName,
    /// Where it was, or the file that was changed.
    from: Option<&'a str>,
    /// What became of it.
    status: StatusName,
    /// Why it could not be read or looked at.
    error: Option<&'a str>,
    /// Id of the template; null unless it was judged.
    id: Option<&'a str>,
    /// Id of the experiment; null unless it was judged.
    experiment: Option<String>,
    /// Whether the same content was judged before.
    cached: bool,
    /// What was decided, and why; null unless it was judged.
    verdict: Option<VerdictShape<'a>>,
    /// Every metric, whether it was measured or not; empty unless it was judged.
    metrics: Vec<MetricShape>,
}

/// One event as lines, each of them a JSON object.
pub fn ndjson(event: &Event<'_>) -> String {
    let mut text = String::new();
    match *event {
        Event::Started { templates, base, head } => {
            line(&mut text, EventShape::Started { templates, base, head });
        }
        Event::Progress { path, done, total } => line(&mut text, EventShape::Progress { path, done, total }),
        Event::Template { gate, entry } => {
            for told in told_of(gate, entry) {
                finding(&mut text, &told);
            }
            line(&mut text, EventShape::Template(Box::new(TemplateDone::of(entry))));
        }
        Event::Ended { gate } => {
            for told in told(&Gate { entries: &[], ..*gate }, false) {
                finding(&mut text, &told);
            }
            for skipped in gate.skipped {
                line(&mut text, EventShape::Skipped { path: skipped.path, why: skipped.why });
            }
            let decision = gate.decision.map(DecisionShape::of);
            line(&mut text, EventShape::Ended { decision, summary: SummaryShape::of(gate) });
        }
    }
    text
}

/// A gate that is done, as the lines that came on the way; there is no progress among them.
pub fn ndjson_gate(gate: &Gate<'_>) -> String {
    let started = Event::Started { templates: gate.entries.len() as u64, base: gate.base, head: gate.head };
    let templates = gate.entries.iter().map(|entry| Event::Template { gate, entry });
    std::iter::once(started)
        .chain(templates)
        .chain([Event::Ended { gate }])
        .map(|event| ndjson(&event))
        .collect()
}

fn line(text: &mut String, event: EventShape<'_>) {
    let document = EventDocument { format: "genesis.event", format_version: FORMAT_VERSION, event };
    let json = serde_json::to_string(&document).expect("reports have string keys and no failing serializer");
    text.push_str(&without_commands(json));
    text.push('\n');
}

fn finding(text: &mut String, told: &Told<'_>) {
    if told.novelty == Novelty::Removed {
        return;
    }
    line(
        text,
        EventShape::Finding {
            template: told.template,
            path: told.path,
            line: told.range.map(|range| range.line),
            column: told.range.map(|range| range.column),
            end_line: told.range.map(|range| range.end_line),
            end_column: told.range.map(|range| range.end_column),
            on_changed_line: told.on_changed_line,
            finding: FindingShape::of(&told.finding, told.path),
        },
    );
}

impl<'a> TemplateDone<'a> {
    fn of(entry: &GateEntry<'a>) -> Self {
        let (change, from) = ChangeName::of(entry.change);
        let (status, error) = StatusName::of(&entry.result);
        let plain = Self {
            path: entry.path,
            change,
            from,
            status,
            error,
            id: None,
            experiment: None,
            cached: false,
            verdict: None,
            metrics: Vec::new(),
        };
        match entry.result {
            EntryResult::Judged { experiment, thresholds, cached } => Self {
                id: Some(experiment.evidence.subject.template.as_str()),
                experiment: Some(experiment.id.to_string()),
                cached,
                verdict: Some(VerdictShape::of(experiment)),
                metrics: MetricShape::all(experiment, thresholds),
                ..plain
            },
            _ => plain,
        }
    }
}
