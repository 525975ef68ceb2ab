//! Answers that nothing looks at.

use std::collections::BTreeSet;

use genesis_abi::Finding;

use crate::Profile;
use crate::codes::{quoted, rendering as codes};
use crate::variables::{Source, Variable};

/// A finding for each question and declared variable that is not among the used names. `all_used` are the
/// `used_answers` of every case of the template, so that a template without cases to render is not asked about here.
///
/// It is a warning under every profile, also for a quality template that has prompts and no body: its questions reach
/// the prompts or nothing.
pub fn unused_answers(all_used: &BTreeSet<String>, variables: &[Variable]) -> Vec<Finding> {
    variables
        .iter()
        .filter(|variable| variable.source != Source::Inferred && !all_used.contains(&variable.name))
        .map(|variable| {
            let what =
                if variable.source == Source::Question { "the answer to question" } else { "variable" };
            let message = format!("{what} {} is not used by any field", quoted(&variable.name));
            codes::UNUSED_ANSWER.finding(Profile::Standard, message, variable.place.clone())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use genesis_abi::TemplateText;

    use super::*;
    use crate::variables::variables_of;

    #[test]
    fn an_answer_that_no_field_uses_is_a_warning_with_its_place() {
        let template = TemplateText {
            path: "t.json".into(),
            text: r#"{"questions": [{"name": "a", "type": "boolean"}, {"name": "b", "type": "boolean"}]}"#
                .into(),
            ..TemplateText::default()
        };
        let findings = unused_answers(&["a".to_owned()].into(), &variables_of(&template));
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(
            (finding.code.as_str(), finding.place.pointer.as_deref()),
            ("T0504", Some("/questions/1"))
        );
        assert!(finding.message.contains("`b`"));
    }
}
