//! What systems other than Linux have: limits, and nothing else that is tried.

const NOT_HERE: &str = "this system has none";

/// The standard library opens its files so that they are not passed on; nothing is known of what else there may be.
pub(super) fn close_inherited() {}

pub(super) fn namespaces() -> Result<String, String> {
    Err(NOT_HERE.to_owned())
}

pub(super) fn landlock() -> Result<String, String> {
    Err(NOT_HERE.to_owned())
}

pub(super) fn seccomp() -> Result<String, String> {
    Err(NOT_HERE.to_owned())
}

/// A worker then ends when it reads its next request, and finds its pipe closed.
pub(super) fn privileges() -> Result<String, String> {
    Err(NOT_HERE.to_owned())
}
