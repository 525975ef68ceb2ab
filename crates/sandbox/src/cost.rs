//! What things cost in fuel. `policies/fuel.md` says the same to those who write policies and guests, and a test compares
//! the two.
//!
//! Fuel is about one unit a wasm instruction. Bulk operations cost one unit a byte or element besides; the engine
//! charges them before it does them. The prices below were set so that a unit of fuel stands for a nanosecond or
//! less of the host's time wherever a guest can choose how much of it to ask for.

use wasmtime::OperatorCost;

/// Version of the prices on this page. A change of any of them is a new version: figures of fuel are compared only
/// under the same one.
pub const COST_TABLE_VERSION: u32 = 1;

/// One call into the host, whatever it does.
pub const HOST_CALL: u64 = 100;

/// One entry of a list that a host call walks: an iovec, a subscription.
pub const HOST_ITEM: u64 = 10;

/// One byte that a host call copies or makes up.
pub const HOST_BYTE: u64 = 1;

/// `memory.grow` and `table.grow` go through the system, which no instruction's price covers: about 1 us. Pages are
/// free: the memory limit bounds them, and a growth past that limit should end in the outcome that says so.
pub const GROW: u8 = 255;

/// The engine's prices: its default, and growth.
pub(crate) fn operators() -> OperatorCost {
    OperatorCost { MemoryGrow: GROW, TableGrow: GROW, ..OperatorCost::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("../../../policies/fuel.md");

    /// The price in the row of the table that begins so.
    fn price(what: &str) -> u64 {
        let row = TABLE.lines().find(|line| line.starts_with(&format!("| {what}"))).expect(what);
        row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap().trim().parse().expect(what)
    }

    #[test]
    fn the_documented_prices_are_those_that_are_charged() {
        assert!(TABLE.contains(&format!("cost table version {COST_TABLE_VERSION}.")));
        assert_eq!(price("a call, whatever"), HOST_CALL);
        assert_eq!(price("each entry of a list"), HOST_ITEM);
        assert_eq!(price("each byte that it copies"), HOST_BYTE);
        assert_eq!(price("`memory.grow`, `table.grow`"), u64::from(GROW));
        let engine = operators();
        for free in
            [engine.Nop, engine.Drop, engine.Block, engine.Loop, engine.Else, engine.End, engine.Return]
        {
            assert_eq!(u64::from(free), price("`nop`"));
        }
        for one in [engine.I32Add, engine.LocalGet, engine.Call, engine.If, engine.BrIf, engine.F64Sqrt] {
            assert_eq!(u64::from(one), price("an instruction"));
        }
        let bulk = &engine.variable;
        for byte in [bulk.memory_fill_per_byte, bulk.memory_copy_per_byte, bulk.memory_init_per_byte] {
            assert_eq!(u64::from(byte), price("each byte of `memory.fill`"));
        }
        for element in [
            bulk.table_fill_per_element,
            bulk.table_copy_per_element,
            bulk.table_init_per_element,
            bulk.table_grow_per_element,
        ] {
            assert_eq!(u64::from(element), price("each element of `table.fill`"));
        }
        assert_eq!(bulk.memory_grow_per_page, 0);
    }
}
