//! How strictly a template is judged.

use std::fmt;
use std::str::FromStr;

/// Which severity each code has. The table itself stands beside the codes, in [`crate::codes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// The default: what is certainly wrong is an error, what is merely loose is a warning.
    #[default]
    Standard,
    /// For templates that a machine wrote: what is loose is an error too.
    Strict,
    /// For importing what is there: only text that is not JSON is an error.
    Legacy,
}

/// The text names no profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown profile; known are standard, strict and legacy")]
pub struct UnknownProfile;

impl Profile {
    /// All profiles, in the order of the severity columns of a [`crate::Code`].
    pub const ALL: [Self; 3] = [Self::Standard, Self::Strict, Self::Legacy];

    /// The name, as in policy files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Strict => "strict",
            Self::Legacy => "legacy",
        }
    }

    pub(crate) fn column(self) -> usize {
        match self {
            Self::Standard => 0,
            Self::Strict => 1,
            Self::Legacy => 2,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == text).ok_or(UnknownProfile)
    }
}
