//! The work that everybody is given: what the guest `validate-template` does, from the bytes of the input to those of the
//! report.

use genesis_abi::{Input, Report, Subject};
use genesis_template::ReadLimits;

/// Validates the template in an input.
///
/// # Panics
/// When it is not the input of a validation.
pub fn validate(input: &[u8]) -> Vec<u8> {
    let input = Input::from_json(input).expect("the input is of the ABI");
    let Subject::Template(given) = &input.subject else { panic!("the input holds a template") };
    let report = Report::new(genesis_template::validate(given, &ReadLimits::DEFAULT));
    serde_json::to_vec(&report).expect("a report can be written")
}
