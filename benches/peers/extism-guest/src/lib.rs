//! The work as a plug-in of Extism.

use extism_pdk::{plugin_fn, FnResult};

/// Validates the template in an input.
#[plugin_fn]
pub fn validate(input: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(genesis_peers_work::validate(&input))
}
