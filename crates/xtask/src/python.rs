//! Tools from the Python package index, each in a virtual environment of its own below `target/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::call::Call;
use crate::project::Project;

/// Succeeds where Python can make virtual environments and is new enough for what is installed there.
const PROBE: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";

/// One package at one version.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Package {
    /// Installs it where it is not installed yet, and gives the folder of its environment.
    pub(crate) fn environment(&self, project: &Project) -> Result<PathBuf> {
        let folder = self.folder(project);
        // Written last: a folder without it was left by an install that did not end.
        let done = folder.join("installed");
        if done.is_file() {
            return Ok(folder);
        }
        if !is_there(project) {
            bail!("Python 3.10 or newer with venv and pip is missing (Debian: apt-get install python3-venv)");
        }
        eprintln!("setup: installing {} {} from PyPI below target/", self.name, self.version);
        let path = folder.display().to_string();
        Call::new(project, "python3", ["-m", "venv", "--clear", &path]).run()?;
        let python = folder.join("bin/python");
        let what = format!("{}=={}", self.name, self.version);
        Call::at(project, &python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &what])
            .run()?;
        fs::write(&done, &what).with_context(|| format!("failed to write {}", done.display()))?;
        Ok(folder)
    }

    /// Whether it is installed.
    pub(crate) fn is_installed(&self, project: &Project) -> bool {
        self.folder(project).join("installed").is_file()
    }

    fn folder(&self, project: &Project) -> PathBuf {
        project.root().join("target/tools").join(format!("{}-{}", self.name, self.version))
    }
}

/// Whether there is a Python that packages can be installed for.
pub(crate) fn is_there(project: &Project) -> bool {
    Call::new(project, "python3", ["-c", PROBE]).succeeds()
}

/// The folder of an environment's packages.
pub(crate) fn packages(environment: &Path) -> Result<PathBuf> {
    let libraries = environment.join("lib");
    let entries =
        fs::read_dir(&libraries).with_context(|| format!("failed to read {}", libraries.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path().join("site-packages"))
        .find(|path| path.is_dir())
        .with_context(|| format!("failed to find the packages below {}", libraries.display()))
}
