//! Builds the guest that runs Python: CPython and the project's own Python files as one component.
//!
//! Two builds are never the same to the byte, so the guest is built when its sources change and not with each build of
//! the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::call::Call;
use crate::project::Project;
use crate::python::Package;

/// The guest's sources, relative to the root.
const SOURCES: &str = "sandbox-guests/run-python";
/// The built component, relative to the root.
const BUILT: &str = "target/guests/run-python.wasm";
/// Everything that the component was built from, relative to the root.
const INPUTS: &str = "target/guests/run-python.inputs";
/// Name of the custom section that holds a guest's manifest.
const MANIFEST_SECTION: &str = "genesis:guest";
/// What turns Python into a component; it brings CPython 3.14.
const COMPONENTIZE: Package = Package { name: "componentize-py", version: "0.25.1" };
/// What a person can do when it cannot be built.
pub(crate) const BY_HAND: &str = "install Python 3.10 or newer with venv and pip, then: cargo xtask guests";

/// Whether the component is there and was built from the sources as they are.
pub(crate) fn is_built(project: &Project) -> bool {
    let Ok(inputs) = inputs(project) else { return false };
    let same = fs::read(project.root().join(INPUTS)).is_ok_and(|built| built == inputs);
    same && project.root().join(BUILT).is_file()
}

/// Builds the component where it is not there, or not of the sources as they are.
pub(crate) fn build(project: &Project) -> Result<()> {
    if is_built(project) {
        eprintln!("guests: run-python is up to date");
        return Ok(());
    }
    let environment = COMPONENTIZE.environment(project)?;
    eprintln!("guests: building run-python, half a minute");
    let stage = project.root().join("target/guests/run-python");
    let built = project.root().join("target/guests/run-python.new.wasm");
    // In a copy, because Python leaves compiled files beside what it imports.
    match fs::remove_dir_all(&stage) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("failed to empty {}", stage.display()));
        }
        _ => {}
    }
    let sources = sources(project)?;
    for (path, bytes) in &sources {
        let copy = stage.join(path);
        let folder = copy.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
        fs::write(&copy, bytes).with_context(|| format!("failed to write {}", copy.display()))?;
    }
    let stage = stage.display().to_string();
    Call::at(
        project,
        &environment.join("bin/componentize-py"),
        ["--quiet", "--world", "guest", "--wit-path"],
    )
    .args([format!("{stage}/wit")])
    .args(["componentize", "app", "--python-path", &stage, "--output"])
    .args([built.display().to_string()])
    // The order of sets then depends on nothing but what is in them.
    .env("PYTHONHASHSEED", "0")
    .output()
    .context("failed to build run-python")?;
    let mut component = fs::read(&built).with_context(|| format!("failed to read {}", built.display()))?;
    let manifest = sources.get(Path::new("manifest.json")).context("run-python has no manifest.json")?;
    component.extend(custom_section(MANIFEST_SECTION, manifest)?);
    fs::write(&built, &component).with_context(|| format!("failed to write {}", built.display()))?;
    fs::rename(&built, project.root().join(BUILT)).with_context(|| format!("failed to write {BUILT}"))?;
    fs::write(project.root().join(INPUTS), inputs(project)?)
        .with_context(|| format!("failed to write {INPUTS}"))?;
    eprintln!("guests: built {BUILT}, {} MB", component.len() / 1_000_000);
    Ok(())
}

/// A custom section as it stands in a module or component.
fn custom_section(name: &str, content: &[u8]) -> Result<Vec<u8>> {
    let mut body = length(name.len())?;
    body.extend(name.as_bytes());
    body.extend(content);
    let mut section = vec![0];
    section.extend(length(body.len())?);
    section.extend(body);
    Ok(section)
}

/// A length in LEB128.
fn length(value: usize) -> Result<Vec<u8>> {
    let mut rest = u32::try_from(value).context("a custom section is too long")?;
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
    Ok(bytes)
}

/// All that decides what is built, in one text: the tool, and each source.
fn inputs(project: &Project) -> Result<Vec<u8>> {
    let mut all = format!("{}=={}\n", COMPONENTIZE.name, COMPONENTIZE.version).into_bytes();
    for (path, bytes) in sources(project)? {
        all.extend(format!("{} {}\n", path.display(), bytes.len()).into_bytes());
        all.extend(bytes);
    }
    Ok(all)
}

/// The sources by their paths below the guest's folder.
fn sources(project: &Project) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let root = project.root().join(SOURCES);
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
        for entry in entries {
            let path = entry.with_context(|| format!("failed to read {}", folder.display()))?.path();
            let known = ["py", "wit", "json"];
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| known.iter().any(|known| extension == *known))
            {
                let bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
                let below = path.strip_prefix(&root).context("a file lies below its folder")?;
                found.insert(below.to_owned(), bytes);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_says_how_long_it_is() {
        assert_eq!(custom_section("ab", b"xyz").unwrap(), b"\0\x06\x02abxyz");
        let long = custom_section("ab", &[7; 200]).unwrap();
        assert_eq!(&long[..5], b"\0\xcb\x01\x02a");
        assert_eq!(long.len(), 1 + 2 + 203);
    }

    #[test]
    fn what_is_built_is_decided_by_every_source() {
        let inputs = String::from_utf8(inputs(&Project::find().unwrap()).unwrap()).unwrap();
        for part in ["componentize-py==", "app.py ", "manifest.json ", "runner/run.py ", "wit/guest.wit "] {
            assert!(inputs.contains(part), "{part}");
        }
    }
}
