//! Where results go and what they look like.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs; versioned, see `genesis schema`.
    Json,
}

/// Where a result goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Output {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Write the result to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Every way in which a result can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Human,
    /// For programs; versioned, see `genesis schema`.
    Json,
    /// A JSON object a line, as it goes.
    Ndjson,
    /// JUnit XML, for what shows tests.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations in a GitHub workflow's log, and the job's summary.
    Github,
    /// Markdown for a review comment.
    Markdown,
}

/// A further report in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportTo {
    /// Its format.
    pub(crate) format: ReportFormat,
    /// The file.
    pub(crate) path: PathBuf,
}

impl std::str::FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((format, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err("give FORMAT=FILE, such as junit=out.xml".to_owned());
        };
        let format = ReportFormat::from_str(format, false).map_err(|_| {
            let names: Vec<String> = ReportFormat::value_variants()
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .map(|value| value.get_name().to_owned())
                .collect();
            format!("there is no format `{format}`; there are {}", names.join(", "))
        })?;
        Ok(Self { format, path: path.into() })
    }
}

/// Where a result goes, and further reports of it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reporting {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    /// Write the result to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write a report in another format to a file besides; may be given several times
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(crate) report: Vec<ReportTo>,
}
