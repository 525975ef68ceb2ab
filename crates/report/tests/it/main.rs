//! What people and programs are shown of experiments, files and runs.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails the test that asks for it")]

mod doctor;
mod fixture;
mod formats;
mod gates;
mod guest;
mod human;
mod injection;
mod json;
mod validators;
