//! Experiments for people and programs.
