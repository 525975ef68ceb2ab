//! Files below folders, for `check`.

use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Most files of one check.
const MOST_FILES: usize = 50_000;
/// Most folders within each other.
const MOST_DEPTH: usize = 64;

/// All `.json` and `.hbs` files below a folder, sorted; hidden folders, `target` and `node_modules` are left out, and
/// links to folders are not followed.
pub(crate) fn templates(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    files.sort();
    Ok(files)
}

/// Whether a folder of this name holds no templates.
pub(crate) fn left_out(folder: &str) -> bool {
    folder.starts_with('.') || folder == "target" || folder == "node_modules"
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if depth > MOST_DEPTH {
        return Err(Failure::usage(format!(
            "{}: more than {MOST_DEPTH} folders within each other",
            folder.display()
        )));
    }
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("{}: cannot be listed: {error}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name();
        let path = entry.path();
        if kind.is_dir() {
            if !left_out(&name.to_string_lossy()) {
                collect(&path, depth + 1, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "json" || extension == "hbs")
            && path.is_file()
        {
            if files.len() >= MOST_FILES {
                return Err(Failure::usage(format!(
                    "more than {MOST_FILES} files; check the folders one by one"
                )));
            }
            files.push(path);
        }
    }
    Ok(())
}
