//! What tells one repository from every other one that uses the same ledger.

use std::fs::{self, File};
use std::io::{self, Write as _};

use genesis_domain::Durability;

use crate::error::During;
use crate::{History, HistoryError, HistoryLock};

const FILE: &str = "genesis-repository";
/// Most bytes of an identity.
const MOST_BYTES: usize = 64;

impl History {
    /// The repository's identity; none when it was not given one yet.
    ///
    /// # Errors
    /// [`HistoryError::Damaged`] when the file holds something else; otherwise what the system says.
    pub fn identity(&self) -> Result<Option<String>, HistoryError> {
        let path = self.path();
        match fs::read_to_string(path.join(FILE)) {
            Ok(text) if is_identity(text.trim_end()) => Ok(Some(text.trim_end().to_owned())),
            Ok(_) => Err(HistoryError::Damaged(format!("`{}` holds no identity", path.join(FILE).display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).during(path, "read the repository's identity"),
        }
    }
}

impl HistoryLock {
    /// Gives the repository an identity that no other one has, unless it has one already; gives the one that it has.
    ///
    /// # Errors
    /// [`HistoryError::Invalid`] for anything but letters, digits and `-`, 64 at most; otherwise as [`History::identity`].
    pub fn identify(&self, fresh: &str) -> Result<String, HistoryError> {
        const ACTION: &str = "write the repository's identity";
        if let Some(known) = self.history.identity()? {
            return Ok(known);
        }
        if !is_identity(fresh) {
            return Err(HistoryError::Invalid(format!("`{}` is no identity", fresh.escape_debug())));
        }
        let path = self.history.path();
        // Recovery removes a draft that was left over: it looks like a lock.
        let draft = path.join(format!("{FILE}.lock"));
        let mut file = File::create(&draft).during(path, ACTION)?;
        writeln!(file, "{fresh}").during(path, ACTION)?;
        let is_durable = self.history.durability() == Durability::Durable;
        if is_durable {
            file.sync_all().during(path, ACTION)?;
        }
        fs::rename(&draft, path.join(FILE)).during(path, ACTION)?;
        if is_durable {
            File::open(path).and_then(|folder| folder.sync_all()).during(path, ACTION)?;
        }
        Ok(fresh.to_owned())
    }
}

fn is_identity(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= MOST_BYTES && text.bytes().all(is_plain)
}
