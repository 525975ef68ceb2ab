use std::fmt;

#[derive(Debug)]
pub enum ReadError {
    Io(std::io::Error),
    Bad { line: usize, why: &'static str },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot read: {error}"),
            Self::Bad { line, why } if *line > 0 => write!(f, "{line}: {why}"),
            Self::Bad { .. } => f.write_str("bad"),
        }
    }
}

pub fn read(path: &str) -> Result<Vec<u8>, ReadError> {
    let bytes = std::fs::read(path).map_err(ReadError::Io)?;
    let Some(b'#') = bytes.first() else {
        return Err(ReadError::Bad { line: 1, why: "no header" });
    };
    Ok(bytes)
}
