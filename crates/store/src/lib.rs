//! The ledger of record.
