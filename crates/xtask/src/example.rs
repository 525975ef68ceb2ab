//! Examples of the workspace's packages, which print or write what this program needs.

use std::path::PathBuf;

use anyhow::Result;

use crate::call::Call;
use crate::project::Project;

/// Builds an example and gives its path.
///
/// It is built with the whole workspace: by itself its package may have other features, and the guests would be built
/// a second time for it, which takes minutes.
pub(crate) fn built(project: &Project, name: &str) -> Result<PathBuf> {
    let words = ["build", "--release", "--quiet", "--locked", "--workspace", "--example", name];
    Call::cargo(project, words).run()?;
    Ok(project.target_dir()?.join("release/examples").join(name))
}
