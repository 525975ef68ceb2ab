//! The verdict: the policy's decision on the metrics, with the remarks that a reader needs.

use genesis_domain::{Evidence, Judged, Measured, Metric, NotApplicable, Remark, RemarkCode, Verdict};
use genesis_policy::Policy;

use crate::plan::UNREADABLE;

/// Judges evidence by a policy. `samples` counts the samples of generated code that were checked, `again` counts how often another candidate came into force meanwhile.
pub(crate) fn judge(policy: &Policy, evidence: &Evidence, samples: usize, again: u32) -> Verdict {
    let mut verdict = genesis_policy::decide(policy.rules(), &evidence.metrics);
    let mut remark = |code, text: String| verdict.remarks.push(Remark { code, text });
    let metric = |metric| evidence.metrics.get(metric);
    if evidence.subject.baseline.is_none() {
        remark(
            RemarkCode::FirstVersion,
            "no version is in force yet, so there is nothing to compare with and every error counts"
                .to_owned(),
        );
    } else if metric(Metric::Regression)
        == Some(Measured::NotApplicable(NotApplicable::BaselinePassesNothing))
    {
        remark(
            RemarkCode::BaselinePassesNothing,
            "the baseline passes no case, so a regression cannot be measured".to_owned(),
        );
    }
    if metric(Metric::Changed) == Some(Measured::count(0)) {
        remark(
            RemarkCode::NoChange,
            "the candidate equals the baseline in canonical form (layout, key order and null members do not count)"
                .to_owned(),
        );
    }
    match evidence.plan.judged {
        Judged::ValidationOnly if evidence.subject.candidate.kind == UNREADABLE => remark(
            RemarkCode::ValidationOnly,
            "the document cannot be read, so nothing could be rendered".to_owned(),
        ),
        Judged::ValidationOnly => remark(
            RemarkCode::ValidationOnly,
            format!(
                "a template of kind {} has nothing to render; it was judged on validation alone",
                evidence.subject.candidate.kind
            ),
        ),
        Judged::Prompts if samples == 0 => remark(
            RemarkCode::NoGeneratedCodeChecked,
            "prompts were rendered; no code generated from them was checked".to_owned(),
        ),
        Judged::Prompts | Judged::Rendered => {}
    }
    if evidence.plan.cases_run < evidence.plan.cases_possible {
        remark(
            RemarkCode::CasesSampled,
            format!("{} of {} cases were run", evidence.plan.cases_run, evidence.plan.cases_possible),
        );
    }
    if let Some(Measured::Value { value, samples }) = metric(Metric::FuelGrowth)
        && value > policy.fuel_growth_warn()
    {
        remark(
            RemarkCode::FuelGrew,
            format!(
                "the same {samples} runs cost {:.0} % more fuel than on the baseline; the policy warns above {:.0} %",
                value * 100.0,
                policy.fuel_growth_warn() * 100.0
            ),
        );
    }
    if again > 0 {
        remark(
            RemarkCode::JudgedAgain,
            format!("another version came into force meanwhile; judged again against it ({again})"),
        );
    }
    verdict
}
