//! Reading templates and their parts from disk. Paths from data never leave the root: they are checked as text, and
//! opened through a directory handle that follows no link out of it.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use genesis_abi::TemplateText;

/// Caps on what is read.
#[derive(Debug, Clone, Copy)]
pub struct LoadCaps {
    /// Most bytes of the template itself.
    pub template_bytes: u64,
    /// Most bytes of one part.
    pub part_bytes: u64,
    /// Most bytes of all parts together.
    pub total_part_bytes: u64,
    /// Most parts.
    pub parts: usize,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No such file.
    #[error("{path}: no such file")]
    NotFound {
        /// The path.
        path: String,
    },
    /// A directory, device or pipe.
    #[error("{path}: is {what}, not a file")]
    NotAFile {
        /// The path.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// Larger than the policy allows.
    #[error("{path}: has {bytes} bytes, the policy allows {most} (key `{key}` in [max])")]
    TooLarge {
        /// The path.
        path: String,
        /// Its size.
        bytes: u64,
        /// The cap.
        most: u64,
        /// The policy's key.
        key: &'static str,
    },
    /// Text that is not UTF-8.
    #[error("{path}: not UTF-8 at byte {offset} (line {line})")]
    NotUtf8 {
        /// The path.
        path: String,
        /// Offset of the first wrong byte.
        offset: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// Not below the root.
    #[error("{path}: lies outside the template root {root}; name a root that holds it with --root")]
    OutsideRoot {
        /// The path.
        path: String,
        /// The root.
        root: String,
    },
    /// More parts than the policy allows.
    #[error("{path}: draws in more than {most} parts (key `parts` in [max])")]
    TooManyParts {
        /// The template.
        path: String,
        /// The cap.
        most: usize,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The path.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The folder below which everything that a template names must lie.
#[derive(Debug)]
pub struct TemplateRoot {
    dir: Dir,
    path: PathBuf,
}

impl TemplateRoot {
    /// Opens a folder as root.
    ///
    /// # Errors
    /// When it is no folder, or cannot be opened.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let shown = path.display().to_string();
        let io = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => LoadError::NotFound { path: shown.clone() },
            _ => LoadError::Io { path: shown.clone(), source },
        };
        let canonical = path.canonicalize().map_err(io)?;
        let dir = Dir::open_ambient_dir(&canonical, ambient_authority()).map_err(io)?;
        Ok(Self { dir, path: canonical })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of `file` relative to the root, with `/`.
    ///
    /// # Errors
    /// When it does not exist, or lies outside.
    pub fn relative(&self, file: &Path) -> Result<String, LoadError> {
        let shown = file.display().to_string();
        let name =
            file.file_name().ok_or(LoadError::NotAFile { path: shown.clone(), what: "a directory" })?;
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().map_err(|_| LoadError::NotFound { path: shown.clone() })?;
        let inside = folder.strip_prefix(&self.path).map_err(|_| LoadError::OutsideRoot {
            path: shown.clone(),
            root: self.path.display().to_string(),
        })?;
        let relative = inside.join(name);
        let segments: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        segments.map(|parts| parts.join("/")).ok_or(LoadError::NotUtf8 { path: shown, offset: 0, line: 1 })
    }

    /// Reads the template at `path`, relative to the root, and everything it draws in. A part that does not exist is
    /// left out; the validator names it.
    ///
    /// # Errors
    /// [`LoadError`] for the template itself, and for parts that pass a cap or are no text.
    pub fn load(&self, path: &str, caps: &LoadCaps) -> Result<TemplateText, LoadError> {
        load_with(path, caps, &mut |path, most, key| self.read(path, most, key))
    }

    /// Reads one text file below the root.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn read(&self, path: &str, most: u64, key: &'static str) -> Result<String, LoadError> {
        let shown = || self.path.join(path).display().to_string();
        let relative = genesis_template::confined(path).map_err(|_| LoadError::OutsideRoot {
            path: path.to_owned(),
            root: self.path.display().to_string(),
        })?;
        let io = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => LoadError::NotFound { path: shown() },
            _ => LoadError::Io { path: shown(), source },
        };
        let metadata = self.dir.metadata(&relative).map_err(io)?;
        if metadata.is_dir() {
            return Err(LoadError::NotAFile { path: shown(), what: "a directory" });
        }
        if !metadata.is_file() {
            return Err(LoadError::NotAFile { path: shown(), what: "a device, pipe or socket" });
        }
        if metadata.len() > most {
            return Err(LoadError::TooLarge { path: shown(), bytes: metadata.len(), most, key });
        }
        let file = self.dir.open(&relative).map_err(io)?;
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > most {
            return Err(LoadError::TooLarge { path: shown(), bytes: bytes.len() as u64, most, key });
        }
        into_text(bytes, shown)
    }
}

/// Reads the template at `path` and everything it draws in, each file through `read`: it is given a path relative to the
/// template root that may lead nowhere and must be confined by who reads it, the most bytes, and the policy's key for that
/// cap. A part that does not exist is left out; the validator names it.
///
/// # Errors
/// [`LoadError`] for the template itself, and for parts that pass a cap or are no text.
pub fn load_with(
    path: &str,
    caps: &LoadCaps,
    read: &mut dyn FnMut(&str, u64, &'static str) -> Result<String, LoadError>,
) -> Result<TemplateText, LoadError> {
    let text = read(path, caps.template_bytes, "template_bytes")?;
    let mut template = TemplateText { path: path.to_owned(), text, ..TemplateText::default() };
    let mut tried: BTreeSet<String> = BTreeSet::new();
    let mut total = 0;
    loop {
        let requests = genesis_template::part_requests(&template);
        let mut found_any = false;
        for request in requests {
            for candidate in genesis_template::candidates(&request, &template.path) {
                if template.parts.contains_key(&candidate) {
                    break;
                }
                if !tried.insert(candidate.clone()) {
                    continue;
                }
                match read(&candidate, caps.part_bytes, "part_bytes") {
                    Ok(text) => {
                        total += text.len() as u64;
                        if total > caps.total_part_bytes {
                            return Err(LoadError::TooLarge {
                                path: candidate,
                                bytes: total,
                                most: caps.total_part_bytes,
                                key: "total_part_bytes",
                            });
                        }
                        if template.parts.len() >= caps.parts {
                            return Err(LoadError::TooManyParts { path: path.to_owned(), most: caps.parts });
                        }
                        template.parts.insert(candidate, text);
                        found_any = true;
                        break;
                    }
                    // A path that leaves the root, or leads nowhere, is no part; the validator names it.
                    Err(
                        LoadError::NotFound { .. }
                        | LoadError::OutsideRoot { .. }
                        | LoadError::NotAFile { .. }
                        | LoadError::Io { .. },
                    ) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        if !found_any {
            return Ok(template);
        }
    }
}

/// Bytes as text. `shown` gives the path for the message.
///
/// # Errors
/// [`LoadError::NotUtf8`] with the place of the first wrong byte.
pub fn into_text(bytes: Vec<u8>, shown: impl Fn() -> String) -> Result<String, LoadError> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].split(|&byte| byte == b'\n').count();
        LoadError::NotUtf8 { path: shown(), offset, line }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPS: LoadCaps = LoadCaps { template_bytes: 64, part_bytes: 32, total_part_bytes: 48, parts: 2 };

    fn root(files: &[(&str, &[u8])]) -> (tempfile::TempDir, TemplateRoot) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("root")).unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let root = TemplateRoot::open(&folder.path().join("root")).unwrap();
        (folder, root)
    }

    #[test]
    fn a_path_with_dots_never_leaves_the_root() {
        let (_folder, root) = root(&[("secret", b"x")]);
        assert!(matches!(root.read("../secret", 9, "part_bytes"), Err(LoadError::OutsideRoot { .. })));
        assert!(matches!(root.read("/etc/passwd", 9, "part_bytes"), Err(LoadError::OutsideRoot { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leaves_the_root_is_not_followed() {
        let (folder, root) = root(&[("secret", b"x"), ("root/inside", b"y")]);
        std::os::unix::fs::symlink(folder.path().join("secret"), folder.path().join("root/link")).unwrap();
        std::os::unix::fs::symlink("inside", folder.path().join("root/good")).unwrap();
        assert!(root.read("link", 9, "part_bytes").is_err());
        assert_eq!(root.read("good", 9, "part_bytes").unwrap(), "y");
    }

    #[test]
    fn size_encoding_and_kind_are_told_apart() {
        let (_folder, root) = root(&[("root/big", &[b'x'; 65]), ("root/latin", b"ab\n\xe9")]);
        assert!(matches!(root.load("big", &CAPS), Err(LoadError::TooLarge { bytes: 65, most: 64, .. })));
        assert!(matches!(root.load("latin", &CAPS), Err(LoadError::NotUtf8 { offset: 3, line: 2, .. })));
        assert!(matches!(root.load("none", &CAPS), Err(LoadError::NotFound { .. })));
        assert!(matches!(
            root.load(".", &CAPS),
            Err(LoadError::NotAFile { .. } | LoadError::OutsideRoot { .. })
        ));
    }
}
