//! Runs one guest under limits.
