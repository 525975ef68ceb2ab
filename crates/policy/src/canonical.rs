//! The form in which a policy is recorded: every setting in its base unit, in one order, extending nothing.

use std::fmt::Write as _;

use genesis_abi::Applies;
use genesis_domain::{Digest, Operator};

use crate::decide::Rule;
use crate::policy::{Check, Exception, Minimum, Policy};
use crate::value::quote;

impl Policy {
    /// The policy as one file that extends nothing. Loaded again, without a date, it is the same policy and has the
    /// same digest. Two policies that say the same have the same text, whatever files they came from.
    pub fn canonical_text(&self) -> String {
        let mut out = String::new();
        line(&mut out, "name", &quote(&self.name));
        line(&mut out, "description", &quote(&self.description));
        let mut section = "";
        for (path, setting) in self.ordered_settings().filter(|(path, _)| !self.unrecorded.contains(path)) {
            let (above, name) = path.rsplit_once('.').expect("every setting stands in a section");
            if above != section {
                write!(out, "\n[{above}]\n").expect(INFALLIBLE);
                section = above;
            }
            line(&mut out, name, &setting.to_toml());
        }
        self.checks.iter().for_each(|check| check.write(&mut out));
        self.rules.iter().for_each(|rule| rule.write(&mut out));
        self.minimums.iter().for_each(|minimum| minimum.write(&mut out));
        self.exceptions.iter().for_each(|exception| exception.write(&mut out));
        self.suites.iter().for_each(|suite| suite.write(&mut out));
        self.lints.iter().for_each(|lint| lint.write(&mut out));
        out
    }

    /// Digest of the canonical text.
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical_text().as_bytes())
    }
}

const INFALLIBLE: &str = "writing to a string cannot fail";

pub(crate) fn line(out: &mut String, key: &str, value: &str) {
    writeln!(out, "{key} = {value}").expect(INFALLIBLE);
}

fn optional_line(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        line(out, key, &quote(value));
    }
}

impl Check {
    fn write(&self, out: &mut String) {
        out.push_str("\n[[check]]\n");
        line(out, "name", &quote(&self.name));
        line(out, "guest", &quote(self.guest.as_str()));
        optional_line(out, "digest", self.digest.as_ref().map(Digest::as_str));
        line(out, "applies", &quote(applies(self.applies)));
        line(out, "required", &self.required.to_string());
    }
}

/// The name of what a guest is applied to.
pub(crate) fn applies(applies: Applies) -> &'static str {
    match applies {
        Applies::Template => "template",
        Applies::Render => "render",
        Applies::Case => "case",
        Applies::Code => "code",
    }
}

impl Rule {
    fn write(&self, out: &mut String) {
        out.push_str("\n[[rule]]\n");
        line(out, "name", &quote(&self.name));
        line(out, "verdict", &quote(self.verdict.as_str()));
        line(out, "text", &quote(&self.text));
        let conditions = self.when.iter().map(|condition| {
            format!(
                "    {{ metric = {}, op = {}, value = {:?} }},\n",
                quote(condition.metric.as_str()),
                quote(Operator::as_str(condition.operator)),
                condition.value
            )
        });
        let conditions = conditions.collect::<String>();
        line(out, "when", &if conditions.is_empty() { "[]".to_owned() } else { format!("[\n{conditions}]") });
    }
}

impl Minimum {
    fn write(&self, out: &mut String) {
        out.push_str("\n[[minimum]]\n");
        optional_line(out, "template", self.template.as_deref());
        optional_line(out, "publisher", self.publisher.as_deref());
        optional_line(out, "risk", self.risk.map(genesis_domain::Risk::as_str));
        optional_line(out, "profile", self.profile.map(crate::policy::Profile::as_str));
    }
}

impl Exception {
    fn write(&self, out: &mut String) {
        out.push_str("\n[[exception]]\n");
        line(out, "code", &quote(&self.code));
        line(out, "reason", &quote(&self.reason));
        line(out, "expires", &self.expires.to_string());
    }
}
