//! Every sample of every language: the good ones are good, and the first fault of the broken ones is where it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use genesis_abi::{Analysis, CaseFile, CodeInput, Finding, Input, Report, Severity, Subject};
use genesis_code::languages::ALL;

/// Most mutations of one sample.
const MUTATIONS: usize = 40;

fn samples(language: &str, prefix: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(language);
    let mut found: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect();
    found.sort();
    found
}

fn report(language: &str, path: &str, text: &str) -> Report {
    let subject = Subject::Code(CodeInput {
        analysis: Analysis::Syntax,
        language: language.to_owned(),
        files: vec![CaseFile { path: path.to_owned(), text: text.to_owned() }],
        rules: Vec::new(),
        tests: Vec::new(),
        texts: Vec::new(),
        answers: serde_json::Map::new(),
    });
    let input = Input { abi: genesis_abi::ABI_VERSION, read: None, subject };
    genesis_code::answer(&ALL, input).unwrap()
}

/// What was found to be wrong; of some languages that is a warning.
fn errors(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.severity >= Severity::Warning).collect()
}

#[test]
fn a_good_sample_of_any_language_has_no_error() {
    for grammar in &ALL {
        let samples = samples(grammar.id, "good-");
        assert!(samples.len() >= 5, "{}: {} good samples", grammar.id, samples.len());
        for (path, text) in samples {
            let report = report(grammar.id, path.to_str().unwrap(), &text);
            assert!(errors(&report).is_empty(), "{}: {:?}", path.display(), report.findings);
        }
    }
}

#[test]
fn the_first_fault_of_a_broken_sample_is_at_its_place() {
    for grammar in &ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(grammar.id);
        let table = fs::read_to_string(folder.join("places.toml")).unwrap();
        let table: BTreeMap<String, BTreeMap<String, u32>> = places(&table);
        let samples = samples(grammar.id, "broken-");
        assert!(samples.len() >= 5, "{}: {} broken samples", grammar.id, samples.len());
        assert_eq!(samples.len(), table.len(), "{}: a place for each sample", grammar.id);
        for (path, text) in samples {
            let name = path.file_name().unwrap().to_str().unwrap();
            let report = report(grammar.id, name, &text);
            let errors = errors(&report);
            let first = errors.first().unwrap_or_else(|| panic!("{}: no error", path.display()));
            let span = first.place.span.unwrap();
            assert_eq!(
                (span.line, span.column),
                (table[name]["line"], table[name]["column"]),
                "{}: {}",
                path.display(),
                first.message
            );
        }
    }
}

/// Reads the tables of places: names in brackets and quotes, and whole numbers.
fn places(text: &str) -> BTreeMap<String, BTreeMap<String, u32>> {
    let mut table: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("[\"") {
            rest.trim_end_matches("\"]").clone_into(&mut name);
        } else if let Some((key, value)) = line.split_once(" = ") {
            table.entry(name.clone()).or_default().insert(key.to_owned(), value.parse().unwrap());
        }
    }
    table
}

#[test]
fn a_message_names_no_line_and_no_column() {
    for grammar in &ALL {
        for (path, text) in samples(grammar.id, "broken-") {
            // The same defect further down has the same message.
            let name = path.file_name().unwrap().to_str().unwrap();
            for finding in report(grammar.id, name, &text).findings {
                assert!(
                    !finding.message.contains(" line ") || !finding.message.contains(char::is_numeric),
                    "{}: {}",
                    path.display(),
                    finding.message
                );
            }
        }
    }
}

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

/// One damaged text: cut off, a piece taken out, two pieces changed for one another, or bytes of any kind put in.
fn damaged(text: &str, numbers: &mut Numbers) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = numbers.below(bytes.len());
    let other = numbers.below(bytes.len());
    match numbers.below(5) {
        0 => bytes.truncate(at),
        1 => {
            let end = (at + 1 + numbers.below(12)).min(bytes.len());
            bytes.drain(at..end);
        }
        2 => bytes.swap(at, other),
        3 => {
            let noise: Vec<u8> =
                (0..=numbers.below(8)).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect();
            bytes.splice(at..at, noise);
        }
        _ => {
            let piece: Vec<u8> = bytes[at.min(other)..at.max(other)].iter().take(40).copied().collect();
            bytes.splice(other..other, piece);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn no_text_makes_a_check_panic_and_each_gives_the_same_twice() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for grammar in &ALL {
        let samples = samples(grammar.id, "good-");
        for (_, text) in &samples {
            for _ in 0..MUTATIONS / samples.len() {
                let text = damaged(text, &mut numbers);
                let once = serde_json::to_string(&report(grammar.id, "a", &text)).unwrap();
                let again = serde_json::to_string(&report(grammar.id, "a", &text)).unwrap();
                assert_eq!(once, again, "{}: {text:?}", grammar.id);
            }
        }
    }
}

#[test]
fn odd_texts_are_no_trouble() {
    // Frames of a build that is not optimised are many times those of the guest.
    const STACK_BYTES: usize = 1 << 30;
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(odd_texts).unwrap();
    thread.join().unwrap();
}

fn odd_texts() {
    let deep = ["(", "[", "{", "-", "!", "a.", "if x {", "<a>", "do ", "\"", "`${"];
    for grammar in &ALL {
        for text in ["", "\0", "\u{feff}", "\r", "\r\n\r\n", "\u{1b}[0m\u{7f}", "µ", "\u{2028}"] {
            report(grammar.id, "a", text);
        }
        for piece in deep {
            report(grammar.id, "a", &piece.repeat(3_000));
        }
    }
}
