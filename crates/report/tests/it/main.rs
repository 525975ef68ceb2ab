//! What people and programs are shown of experiments, files and runs.

mod fixture;
mod human;
mod json;
