//! `genesis init`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::args::Init;
use crate::command::print;
use crate::exit::{Exit, Failure};

/// What is written: path, content.
const FILES: [(&str, &str); 2] = [
    (
        crate::config::FILE,
        "# Configuration of genesis; every key is optional. `genesis config show` tells what holds and why.\n\
         \n\
         # Policy by name (default, strict, legacy) or file.\n\
         policy = \"default\"\n\
         \n\
         # Folder for history, ledger and caches, relative to this file.\n\
         state = \".genesis\"\n\
         \n\
         # Whether an experiment is on the disk before its verdict is told.\n\
         durable = true\n",
    ),
    ("templates/python-service.json", include_str!("../../../examples/python-service/1.0.0.json")),
];

/// Writes a configuration and a template to start from; nothing that exists is overwritten.
pub(crate) fn run(args: &Init) -> Result<Exit, Failure> {
    for (name, content) in FILES {
        let path = args.folder.join(name);
        if write_new(&path, content)? {
            print(&format!("wrote {}\n", path.display()))?;
        } else {
            print(&format!("left  {} as it is\n", path.display()))?;
        }
    }
    print("next: genesis run-experiment templates/python-service.json\n")?;
    Ok(Exit::Success)
}

/// Whether the file was written: one that is there already is not.
fn write_new(path: &Path, content: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| Failure::infrastructure(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(content.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}
