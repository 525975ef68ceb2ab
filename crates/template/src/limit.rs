//! Keeps a report small: a hostile template could have ten thousand findings of one kind.

use std::collections::BTreeMap;

use genesis_abi::{Finding, Place};

use crate::findings::MOST_OF_A_CODE;

/// Keeps the first hundred findings of each code and says how many were left out.
pub(crate) fn limited(findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut last: BTreeMap<String, Finding> = BTreeMap::new();
    let mut kept = Vec::with_capacity(findings.len().min(1024));
    for finding in findings {
        let count = counts.entry(finding.code.clone()).or_default();
        *count += 1;
        if *count <= MOST_OF_A_CODE {
            kept.push(finding);
        } else {
            last.insert(finding.code.clone(), finding);
        }
    }
    for (code, finding) in last {
        let message = format!("{} more findings of {code} are left out", counts[&code] - MOST_OF_A_CODE);
        kept.push(Finding { message, place: Place::default(), ..finding });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profile;
    use crate::codes::rendering::DANGLING_REFERENCE;

    #[test]
    fn beyond_a_hundred_of_a_code_only_the_number_is_said() {
        let findings = (0..150)
            .map(|n| DANGLING_REFERENCE.finding(Profile::Standard, n.to_string(), Place::default()))
            .collect();
        let kept = limited(findings);
        assert_eq!((kept.len(), kept[100].message.as_str()), (101, "50 more findings of T0607 are left out"));
    }
}
