//! YAML by saphyr's parser, which follows YAML 1.2; keys that stand twice in one mapping are told as well.

use std::collections::HashSet;

use genesis_abi::CaseFile;
use saphyr_parser::{Event, Marker, Parser};

use super::sentence;
use crate::syntax::{Fault, quoted};

/// Keys that are told; more are seldom and their places cost a walk through the text each.
const TOLD_KEYS: usize = 20;

/// One mapping or sequence that is open.
enum Level {
    Sequence,
    Mapping { keys: HashSet<String>, key_next: bool },
}

/// The fault of a YAML stream, and keys that stand twice.
pub fn faults(file: &CaseFile) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut open: Vec<Level> = Vec::new();
    let mut parser = Parser::new_from_str(&file.text);
    while let Some(next) = parser.next_event() {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                let at = offset(&file.text, error.marker());
                faults.push(Fault::wrong(at, at, sentence(error.info())));
                break;
            }
        };
        match event {
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                continue;
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::Nothing => continue,
            _ => {}
        }
        if let Some(Level::Mapping { keys, key_next }) = open.last_mut() {
            if *key_next
                && let Event::Scalar(key, ..) = &event
                && key != "<<"
                && !keys.insert(key.to_string())
                && faults.len() < TOLD_KEYS
            {
                let start = offset(&file.text, &span.start);
                let end = offset(&file.text, &span.end);
                faults.push(
                    Fault::wrong(start, end, format!("the key {} stands twice in one mapping", quoted(key)))
                        .help("remove one: readers disagree on which of the two counts")
                        .warning(),
                );
            }
            *key_next = !*key_next;
        }
        match event {
            Event::SequenceStart(..) => open.push(Level::Sequence),
            Event::MappingStart(..) => open.push(Level::Mapping { keys: HashSet::new(), key_next: true }),
            _ => {}
        }
    }
    faults
}

/// The parser counts characters, findings count bytes.
fn offset(text: &str, marker: &Marker) -> usize {
    text.char_indices().nth(marker.index()).map_or(text.len(), |(offset, _)| offset)
}
