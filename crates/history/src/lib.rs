//! Experiments as a git history.
