//! What things cost in fuel.
//!
//! Fuel is about one unit a wasm instruction. Bulk operations cost one unit a byte or element besides; the engine
//! charges them before it does them. The prices below were set so that a unit of fuel stands for a nanosecond or
//! less of the host's time wherever a guest can choose how much of it to ask for.

use wasmtime::OperatorCost;

/// Version of the prices on this page. A change of any of them is a new version: figures of fuel are compared only
/// under the same one.
pub const COST_TABLE_VERSION: u32 = 1;

/// One call into the host, whatever it does.
pub(crate) const HOST_CALL: u64 = 100;

/// One entry of a list that a host call walks: an iovec, a subscription.
pub(crate) const HOST_ITEM: u64 = 10;

/// One byte that a host call copies or makes up.
pub(crate) const HOST_BYTE: u64 = 1;

/// `memory.grow` and `table.grow` go through the system, which no instruction's price covers: about 1 us. Pages are
/// free: the memory limit bounds them, and a growth past that limit should end in the outcome that says so.
const GROW: u8 = 255;

/// The engine's prices: its default, and growth.
pub(crate) fn operators() -> OperatorCost {
    OperatorCost { MemoryGrow: GROW, TableGrow: GROW, ..OperatorCost::new() }
}
