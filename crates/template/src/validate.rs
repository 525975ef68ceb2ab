//! Everything that can be said about a candidate without running it.

use std::cmp::Ordering;

use genesis_abi::{Finding, Place, TemplateText, ValidateInput};

use crate::codes::document as codes;
use crate::codes::quoted;
use crate::compose::{self, Composition, Parts};
use crate::findings::Findings;
use crate::json::{Document, ReadLimits};
use crate::transition::{self, Side};
use crate::{Kind, Profile, changelog, parts, question, structure, syntax, version};

/// Validates a candidate, alone and against the version in force. The same input gives the same findings in the same
/// order, sorted by place. A text that is not JSON has that one finding.
pub fn validate(input: &ValidateInput, limits: &ReadLimits) -> Vec<Finding> {
    let known = input.profile.parse::<Profile>();
    let profile = known.unwrap_or_default();
    let mut found = match known {
        Ok(_) => Vec::new(),
        Err(_) => vec![unknown_profile(&input.profile)],
    };
    if parts::is_bare_text(&input.template.path) {
        found.extend(bare_text(&input.template, profile));
    } else {
        match Document::parse(&input.template.text, limits) {
            Ok(document) => {
                found.extend(json(&document, input, profile, limits));
                // A guest's memory is thrown away whole; taking the tree apart first is 2 % of a run.
                #[cfg(target_family = "wasm")]
                std::mem::forget(document);
            }
            Err(refusal) => found.push(refusal),
        }
    }
    found.sort_by(by_place);
    found.dedup();
    found
}

fn json(document: &Document, input: &ValidateInput, profile: Profile, limits: &ReadLimits) -> Vec<Finding> {
    let kind = Kind::of(document.root(), &input.template.path);
    let mut findings = Findings::new(document, profile);
    duplicate_keys(&mut findings);
    structure::check(&mut findings, kind);
    let baseline = match input.baseline.as_ref().map(|text| (text, Document::parse(&text.text, limits))) {
        Some((text, Ok(document))) => Some((text, document)),
        Some((_, Err(refusal))) => {
            let message = format!("the version in force cannot be read: {}", refusal.message);
            findings.whole(&codes::BASELINE_UNREADABLE, message);
            None
        }
        None => None,
    };
    if kind.is_template() && document.root().as_object().is_some() {
        version::check::check(&mut findings, kind);
        let baseline_has_changelog =
            baseline.as_ref().is_some_and(|(_, baseline)| changelog::changelog(baseline).is_some());
        changelog::check::check(&mut findings, kind, baseline_has_changelog);
        question::check::check(&mut findings);
    }
    let candidate = Side { document, template: &input.template, kind };
    let baseline = baseline.as_ref().map(|(template, document)| Side {
        document,
        template,
        kind: Kind::of(document.root(), &template.path),
    });
    transition::check(&mut findings, candidate, baseline, &input.promoted);
    let mut found = findings.into_vec();
    if kind.is_template() {
        let template = &input.template;
        let parts = Parts::new(template);
        let composition = Composition::of(document, template, &parts);
        found.extend(syntax::check_composed(document, &composition, &parts, template, profile));
        found.extend(compose::check_composed(&composition, profile));
    }
    found
}

/// A template that is one Handlebars text has no fields, and so nothing to judge but its syntax.
fn bare_text(template: &TemplateText, profile: Profile) -> Vec<Finding> {
    let mut found = syntax::check_hbs(&template.path, &template.text);
    for finding in &mut found {
        if let Some(code) = crate::code(&finding.code) {
            finding.severity = code.severity(profile);
        }
    }
    found
}

fn duplicate_keys(findings: &mut Findings<'_>) {
    let document = findings.document;
    for duplicate in document.duplicates() {
        // Without a pointer, which a very long key prevents, the key is told as it is written.
        let written =
            &document.text()[duplicate.again.offset as usize + 1..duplicate.again.end() as usize - 1];
        let pointer = document.place_at(duplicate.again).pointer;
        let mut names =
            pointer.iter().flat_map(|p| p.rsplit('/')).map(|t| t.replace("~1", "/").replace("~0", "~"));
        let key = names.next().unwrap_or_else(|| written.to_owned());
        let parent = names.find(|name| name.parse::<usize>().is_err()).filter(|name| !name.is_empty());
        let message = match parent {
            Some(parent) => format!("the key {} stands more than once in {}", quoted(&key), quoted(&parent)),
            None => format!("the key {} stands more than once", quoted(&key)),
        };
        findings.within(&codes::JSON_DUPLICATE_KEY, duplicate.again, message);
    }
}

fn unknown_profile(profile: &str) -> Finding {
    let message = format!("the validator profile {} is not known", quoted(profile));
    codes::PROFILE_UNKNOWN.finding(Profile::Standard, message, Place::default())
}

fn by_place(a: &Finding, b: &Finding) -> Ordering {
    fn key(finding: &Finding) -> (&Option<String>, u32, &str, &str, &Option<String>) {
        let place = &finding.place;
        (
            &place.file,
            place.span.map_or(0, |span| span.offset),
            &finding.code,
            &finding.message,
            &place.pointer,
        )
    }
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests;
