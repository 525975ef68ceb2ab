//! Guests: what they are made of, how they do on their tests, which are built in.

use anstyle::AnsiColor;
use genesis_abi::{Analysis, Applies, LimitName, Manifest};

use super::{Page, Style, color, counted, escape, outcome, quantity};
use crate::{GuestInspection, GuestTest, ListedGuest, Measure, ModuleParts, TestedCase, TestedResult};

/// Most characters of a text that a guest chose.
const MOST_CHARACTERS: usize = 400;
/// Most names of one list.
const MOST_NAMES: usize = 100;
/// Most lines shown of standard error.
const MOST_LINES: usize = 5;

/// What a guest is made of, beside what the policy allows.
pub fn human_guest_inspection(guest: &GuestInspection<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    let (tone, word) =
        if guest.is_taken() { (AnsiColor::Green, "TAKEN") } else { (AnsiColor::Red, "REFUSED") };
    let by = format!("by policy {}", escape::line(guest.policy));
    page.line(format!("{}  {}  {by}", page.paint(color(tone), word), escape::line(guest.guest)));
    if let Some(refused) = guest.refused {
        page.line(format!("  {}", outcome::words(refused)));
    }
    for objection in guest.objections {
        page.line(format!("  {}", escape::clipped(objection, MOST_CHARACTERS)));
    }
    page.line(format!("digest    {}", guest.digest));
    page.line(format!("size      {}", quantity::bytes(guest.module_bytes)));
    if let Some(manifest) = guest.manifest {
        page.manifest(manifest);
    }
    for note in guest.notes {
        page.line(format!("note      {}", escape::clipped(note, MOST_CHARACTERS)));
    }
    if guest.built_in {
        page.line("note      it is built in: the limits of [module] are for guests of your own");
    }
    if let Some(parts) = &guest.parts {
        page.parts(parts);
    }
    page.text
}

/// The built-in guests, each with what it is for.
pub fn human_guest_list(guests: &[ListedGuest<'_>], style: &Style) -> String {
    let mut page = Page::new(style);
    for guest in guests {
        page.gap();
        page.heading(&escape::line(guest.name));
        match (guest.absent, guest.digest) {
            (Some(why), _) => page.line(format!("absent    {}", escape::line(why))),
            (None, digest) => {
                page.line(format!("digest    {}", digest.unwrap_or_default()));
                page.line(format!("size      {}", quantity::bytes(guest.module_bytes)));
            }
        }
        if let Some(manifest) = guest.manifest {
            page.manifest(manifest);
        }
    }
    page.text
}

/// Every case on a line, with what differs.
pub fn human_guest_test(test: &GuestTest<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    for case in test.cases {
        page.case(case);
    }
    let count = |as_expected: bool| {
        test.cases.iter().filter(|case| case.result.is_as_expected() == as_expected).count() as u64
    };
    page.gap();
    page.line(format!(
        "{} of {}: {} passed, {} failed",
        counted(test.cases.len() as u64, "case", "cases"),
        escape::line(test.guest),
        count(true),
        count(false)
    ));
    if let Some(engine) = test.engine {
        let engine = page.faint(&format!("engine  {}", escape::line(engine)));
        page.line(engine);
    }
    let unexpected = |case: &&TestedCase<'_>| {
        matches!(
            case.result,
            TestedResult::NothingExpected { .. } | TestedResult::Differs { subset: false, .. }
        )
    };
    if test.cases.iter().any(|case| unexpected(&case)) {
        page.line("--bless writes what the guest reports as expected");
    }
    page.text
}

impl Page {
    fn manifest(&mut self, manifest: &Manifest) {
        let Manifest { name, version, abi, applies, languages, analyses, description, .. } = manifest;
        let clipped = |text: &str| escape::clipped(text, MOST_CHARACTERS);
        self.line(format!("manifest  {} {}, ABI {abi}", clipped(name), clipped(version)));
        if !description.is_empty() {
            self.line(format!("checks    {}", clipped(description)));
        }
        self.line(format!("applies   to {}", applies_words(*applies)));
        if !languages.is_empty() {
            self.line(format!("languages {}", clipped(&languages.join(", "))));
        }
        if !analyses.is_empty() {
            let words: Vec<&str> = analyses.iter().copied().map(Analysis::as_str).collect();
            self.line(format!("does      {}", clipped(&words.join(", "))));
        }
    }

    fn parts(&mut self, parts: &ModuleParts<'_>) {
        self.line(format!(
            "memory    {} at the start, of {}",
            quantity::bytes(parts.memory_bytes),
            quantity::bytes(parts.memory_limit)
        ));
        self.line(format!(
            "tables    {}; at most {} loops and bulk operations in one function",
            quantity::whole(parts.tables),
            quantity::whole(parts.checks)
        ));
        self.heading("module            has       allowed");
        for measure in parts.measures {
            let Measure { limit, value, most } = measure;
            let verdict = if measure.fits() {
                self.paint(color(AnsiColor::Green), "fits")
            } else {
                self.paint(color(AnsiColor::Red), "exceeds")
            };
            let (value, most) = (in_unit(*limit, *value), in_unit(*limit, *most));
            self.line(format!("{:<14} {value:>10} {most:>10}   {verdict}", limit.as_str()));
        }
        self.names("imports", parts.imports, parts.denied);
        self.names("exports", parts.exports, &[]);
    }

    fn names(&mut self, what: &str, names: &[String], denied: &[String]) {
        self.heading(&format!("{what} ({})", names.len()));
        for name in names.iter().take(MOST_NAMES) {
            // One of a type that the host does not give is named with what is wrong behind it.
            let is_denied = denied.iter().any(|denied| denied.strip_prefix(name.as_str()).is_some());
            let mark = if is_denied {
                format!("  {}", self.paint(color(AnsiColor::Red), "denied"))
            } else {
                String::new()
            };
            self.line(format!("  {}{mark}", escape::line(name)));
        }
        if names.len() > MOST_NAMES {
            self.line(format!("  ... and {} more", names.len() - MOST_NAMES));
        }
    }

    fn case(&mut self, case: &TestedCase<'_>) {
        let name = escape::clipped(case.name, MOST_CHARACTERS);
        let good = |page: &Self, word| page.paint(color(AnsiColor::Green), word);
        let bad = self.paint(color(AnsiColor::Red), "FAILED ");
        match case.result {
            TestedResult::Passed => {
                let spent = format!("{}, fuel {}", case.outcome.name(), quantity::fuel(case.usage.fuel));
                self.line(format!("{} {name}  {}", good(self, "passed "), self.faint(&spent)));
                return;
            }
            TestedResult::Blessed => return self.line(format!("{} {name}", good(self, "blessed"))),
            TestedResult::NotRepeated { what } => self.line(format!("{bad} {name}: {}", escape::line(what))),
            TestedResult::Differs { expected, actual, subset } => {
                let how = if subset { " (only what is named in it has to be there)" } else { "" };
                self.line(format!("{bad} {name}: not as expected{how}"));
                self.difference(&format!("{expected:#}"), &format!("{actual:#}"));
            }
            TestedResult::NothingExpected { actual } => {
                self.line(format!("{bad} {name}: it has no expected.json"));
                self.difference("", &format!("{actual:#}"));
            }
        }
        if !case.outcome.is_completed() {
            self.line(format!("    {}", outcome::words(case.outcome)));
        }
        let text = String::from_utf8_lossy(case.stderr);
        for line in text.lines().take(MOST_LINES) {
            self.line(format!("    standard error: {}", escape::clipped(line, MOST_CHARACTERS)));
        }
    }
}

fn applies_words(applies: Applies) -> &'static str {
    match applies {
        Applies::Template => "a template, once a version",
        Applies::Render => "a template and a case; it renders",
        Applies::Case => "what each case rendered",
        Applies::Code => "code of a language",
    }
}

fn in_unit(limit: LimitName, value: u64) -> String {
    if limit.is_in_bytes() { quantity::bytes(value) } else { quantity::whole(value) }
}
