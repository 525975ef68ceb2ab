//! Identities. Each is its own type, so that none is taken for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// An id that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Empty text.
    #[error("a {0} may not be empty")]
    Empty(&'static str),
    /// Too long.
    #[error("a {what} may have at most {most} bytes, this one has {bytes}")]
    TooLong {
        /// Which id.
        what: &'static str,
        /// Most bytes.
        most: usize,
        /// Bytes of this one.
        bytes: usize,
    },
    /// A character or form that is not allowed; the text is escaped.
    #[error("`{text}` is not a {what}: {why}")]
    Malformed {
        /// Which id.
        what: &'static str,
        /// The text, escaped.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
}

/// An experiment. UUIDv7 from the command line. It says nothing about the content; two experiments on the same
/// template have two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExperimentId(Uuid);

impl ExperimentId {
    /// Takes a UUID as id.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for ExperimentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for ExperimentId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdError::Malformed {
            what: "experiment id",
            text: text.escape_debug().to_string(),
            why: "it is no UUID",
        })
    }
}

/// A template. It stays the same over the template's versions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TemplateId(String);

impl TemplateId {
    /// Most bytes of an id.
    pub const MAX_BYTES: usize = 200;

    /// Takes text as an id: printable characters but no `..` segment, no leading `/`, and no backslash.
    ///
    /// # Errors
    /// [`IdError`] with the text escaped.
    pub fn new(text: &str) -> Result<Self, IdError> {
        const WHAT: &str = "template id";
        let malformed = |why| IdError::Malformed { what: WHAT, text: text.escape_debug().to_string(), why };
        if text.is_empty() {
            return Err(IdError::Empty(WHAT));
        }
        if text.len() > Self::MAX_BYTES {
            return Err(IdError::TooLong { what: WHAT, most: Self::MAX_BYTES, bytes: text.len() });
        }
        if text.chars().any(|c| c.is_control() || is_invisible(c)) {
            return Err(malformed("it has control or invisible characters"));
        }
        if text.starts_with('/')
            || text.contains('\\')
            || text.split('/').any(|part| part == ".." || part == ".")
        {
            return Err(malformed("it must not look like a path that leaves its folder"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that change how text is shown without showing themselves: bidirectional controls, zero-width
/// characters, line and paragraph separators.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TemplateId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::new(&text)
    }
}

impl From<TemplateId> for String {
    fn from(id: TemplateId) -> Self {
        id.0
    }
}

/// A git commit: 40 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(String);

impl CommitId {
    /// The id in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CommitId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Malformed {
                what: "commit id",
                text: text.escape_debug().to_string(),
                why: "it is not 40 hexadecimal digits",
            })
        }
    }
}

impl TryFrom<String> for CommitId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.0
    }
}

/// A SHA-256 digest, written `sha256:<64 hexadecimal digits>`. The same bytes have the same digest everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use fmt::Write as _;
        let mut text = String::from("sha256:");
        for byte in Sha256::digest(bytes) {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        Self(text)
    }

    /// Takes a digest that was made elsewhere, such as by the template crate.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The digest with its `sha256:` prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve hexadecimal digits, for people.
    pub fn short(&self) -> &str {
        let hex = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
        &hex[..hex.len().min(12)]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The seed of all randomness that a guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// How much is at stake; chooses the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Defaults only.
    Low,
    /// Defaults, each answer varied alone, boundaries.
    Medium,
    /// A pairwise covering array, recorded answer sets, and a second run of everything that must match.
    High,
}

impl Risk {
    /// The name, as in policy files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}
