//! Where the project is.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::call::Call;

/// The guests' own workspace, relative to the root.
pub(crate) const GUESTS_MANIFEST: &str = "sandbox-guests/Cargo.toml";

/// The work tree that this program was started for.
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// Finds the work tree by what cargo says when it starts this program, else by where this program was built.
    pub(crate) fn find() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.ancestors().nth(2).context("failed to find the project above this package")?;
        Ok(Self { root: root.to_owned() })
    }

    /// The folder of the root manifest.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it builds, whichever of its settings says so.
    pub(crate) fn target_dir(&self) -> Result<PathBuf> {
        let metadata =
            Call::cargo(self, ["metadata", "--no-deps", "--offline", "--format-version", "1"]).output()?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).context("failed to read what cargo metadata printed")?;
        metadata["target_directory"]
            .as_str()
            .map(PathBuf::from)
            .context("failed to find the target folder in what cargo metadata printed")
    }
}
