//! What the tests of the service need: servers of the system's, and clients that nobody here wrote.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::call::Call;
use crate::project::Project;
use crate::python::Package;

/// Where Debian keeps PostgreSQL's programs, by version.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// Each in an environment of its own; the tests find them by name and version.
const CLIENTS: [Package; 2] =
    [Package { name: "nats-py", version: "2.16.0" }, Package { name: "pgmq", version: "1.1.4" }];

/// Whether PostgreSQL's server and psql are there, in the path or where Debian keeps them.
pub(crate) fn has_postgres(project: &Project) -> bool {
    let answers = |program: &'static str| Call::new(project, program, ["--version"]).succeeds();
    let kept = fs::read_dir(DEBIAN_POSTGRES)
        .is_ok_and(|versions| versions.flatten().any(|version| has_server(&version.path())));
    answers("psql") && (kept || answers("initdb"))
}

fn has_server(version: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| version.join("bin").join(program).is_file())
}

/// Whether every client is installed.
pub(crate) fn has_clients(project: &Project) -> bool {
    CLIENTS.iter().all(|client| client.is_installed(project))
}

/// Installs the clients.
pub(crate) fn install_clients(project: &Project) -> Result<()> {
    CLIENTS.iter().try_for_each(|client| client.environment(project).map(|_| ()))
}
