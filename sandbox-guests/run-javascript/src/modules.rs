//! Which file an import means.

use std::collections::BTreeSet;

/// Modules that the guest itself offers, and the other names that they go by.
const OFFERED: [(&str, &[&str]); 6] = [
    ("node:assert", &["assert"]),
    ("node:assert/strict", &["assert/strict"]),
    ("node:test", &["test"]),
    ("vitest", &["bun:test"]),
    ("@jest/globals", &[]),
    ("genesis", &[]),
];
const EXTENSIONS: [&str; 9] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "json"];
/// Extensions that TypeScript's imports are written with, and those of the files that are meant.
const COMPILED: [(&str, &[&str]); 4] =
    [(".js", &[".ts", ".tsx"]), (".jsx", &[".tsx"]), (".mjs", &[".mts"]), (".cjs", &[".cts"])];
/// Prefixes that projects give to the root of their sources.
const ALIASES: [&str; 3] = ["@/", "~/", "#/"];
/// Folders in which a name without a leading dot may stand.
const ROOTS: [&str; 2] = ["", "src/"];

/// How a message ends that names an import which cannot be had.
pub(crate) const NOT_HERE: &str =
    "only the given files, node:assert, node:test, vitest, @jest/globals and genesis are here";
/// What the names of the guest's own modules start with.
pub(crate) const OWN: &str = "genesis:";

/// Whether the guest itself offers a module of this name.
pub(crate) fn is_offered(name: &str) -> bool {
    OFFERED.iter().any(|(offered, _)| *offered == name)
}

/// The module that `name` means in the file `base`, or what to tell who asked for it.
pub(crate) fn resolve(files: &BTreeSet<String>, base: &str, name: &str) -> Result<String, String> {
    // The guest's own modules see one another, and every file by its path.
    if base.starts_with(OWN) && (name.starts_with(OWN) || files.contains(name)) {
        return Ok(name.to_owned());
    }
    if let Some((offered, _)) =
        OFFERED.iter().find(|(offered, others)| *offered == name || others.contains(&name))
        && !files.contains(name)
    {
        return Ok((*offered).to_owned());
    }
    let is_relative = name.starts_with("./") || name.starts_with("../") || matches!(name, "." | "..");
    let found = if is_relative {
        let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
        joined(folder, name).and_then(|path| file(files, &path))
    } else if let Some(path) = name.strip_prefix('/') {
        joined("", path).and_then(|path| file(files, &path))
    } else {
        let below = ALIASES.iter().find_map(|alias| name.strip_prefix(alias)).unwrap_or(name);
        ROOTS.iter().find_map(|root| file(files, &format!("{root}{below}")))
    };
    found.ok_or_else(|| {
        if is_relative {
            format!("`{name}` cannot be imported: there is no such file among the given ones")
        } else {
            format!("`{name}` cannot be imported: {NOT_HERE}")
        }
    })
}

/// A path below a folder without `.` and `..`; absent when it leads out of the root.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

fn file(files: &BTreeSet<String>, path: &str) -> Option<String> {
    let written = |path: String| files.contains(&path).then_some(path);
    written(path.to_owned())
        .or_else(|| {
            COMPILED.iter().find_map(|(compiled, sources)| {
                let stem = path.strip_suffix(compiled)?;
                sources.iter().find_map(|source| written(format!("{stem}{source}")))
            })
        })
        .or_else(|| EXTENSIONS.iter().find_map(|extension| written(format!("{path}.{extension}"))))
        .or_else(|| {
            let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
            EXTENSIONS.iter().find_map(|extension| written(format!("{folder}index.{extension}")))
        })
}
