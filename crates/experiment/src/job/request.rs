//! What is asked of a job, from JSON or from a command line.

use genesis_domain::JobAnalysis;
use genesis_template::language_named;
use serde_json::{Map, Value};

/// Most characters of an id.
const MOST_ID_CHARACTERS: usize = 256;

/// Code to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRequest {
    /// The requester's id.
    pub id: String,
    /// The code.
    pub code: String,
    /// Its language, by any of its names.
    pub language: String,
    /// What is asked.
    pub analysis: JobAnalysis,
    /// What the code's file is called in findings.
    pub file: String,
}

/// Why a request cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It is not a JSON object.
    #[error("the request is not a JSON object: {0}")]
    NotAnObject(String),
    /// Fields are missing.
    #[error("missing required fields: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// A field is no text.
    #[error("{0} must be a string")]
    NotText(&'static str),
    /// A field is empty.
    #[error("{0} cannot be empty")]
    Empty(&'static str),
    /// A field is longer than is taken.
    #[error("{0} has more than {1} characters")]
    TooLong(&'static str, usize),
    /// The language is not known.
    #[error("unsupported language: {0:?}; `genesis guest list` shows those that are supported")]
    UnsupportedLanguage(String),
    /// The analysis is not known.
    #[error("invalid analysis_type: {0:?}; there are {known}", known = JobAnalysis::ALL.map(JobAnalysis::as_str).join(", "))]
    InvalidAnalysis(String),
}

impl JobRequest {
    /// Checks what was asked. `file` names the code in findings; `None` makes a name of the language.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn new(
        id: &str,
        code: &str,
        language: &str,
        analysis: Option<&str>,
        file: Option<&str>,
    ) -> Result<Self, JobError> {
        for (name, value) in [("id", id), ("code", code), ("language", language)] {
            if value.trim().is_empty() {
                return Err(JobError::Empty(name));
            }
        }
        if id.chars().count() > MOST_ID_CHARACTERS {
            return Err(JobError::TooLong("id", MOST_ID_CHARACTERS));
        }
        let known =
            language_named(language).ok_or_else(|| JobError::UnsupportedLanguage(language.to_owned()))?;
        let analysis = analysis.unwrap_or(JobAnalysis::All.as_str());
        if analysis.is_empty() {
            return Err(JobError::Empty("analysis_type"));
        }
        let analysis =
            JobAnalysis::named(analysis).ok_or_else(|| JobError::InvalidAnalysis(analysis.to_owned()))?;
        let own_name = || format!("code.{}", known.extensions.first().unwrap_or(&"txt"));
        Ok(Self {
            id: id.to_owned(),
            code: code.to_owned(),
            language: known.id.to_owned(),
            analysis,
            file: file.map_or_else(own_name, str::to_owned),
        })
    }

    /// A request as it comes by message: `{id, code, language, analysis_type?}`; `request_id` and `job_id` are taken for
    /// `id`. Other fields are ignored.
    ///
    /// # Errors
    /// What is wrong with it; every field that is missing is named.
    pub fn from_json(text: &str) -> Result<Self, JobError> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| JobError::NotAnObject(error.to_string()))?;
        let Value::Object(fields) = value else {
            return Err(JobError::NotAnObject("it is another value".to_owned()));
        };
        let id = ["id", "request_id", "job_id"].into_iter().find(|name| fields.contains_key(*name));
        let required = [("id", id), ("code", Some("code")), ("language", Some("language"))];
        let missing: Vec<&'static str> = required
            .iter()
            .filter(|(_, name)| name.is_none_or(|name| fields.get(name).is_none_or(Value::is_null)))
            .map(|(shown, _)| *shown)
            .collect();
        if !missing.is_empty() {
            return Err(JobError::Missing(missing));
        }
        let analysis = match fields.get("analysis_type") {
            None | Some(Value::Null) => None,
            Some(_) => Some(text_field(&fields, "analysis_type")?),
        };
        let id = text_field(&fields, id.unwrap_or("id"))?;
        Self::new(
            &id,
            &text_field(&fields, "code")?,
            &text_field(&fields, "language")?,
            analysis.as_deref(),
            None,
        )
    }
}

fn text_field(fields: &Map<String, Value>, name: &'static str) -> Result<String, JobError> {
    fields.get(name).and_then(Value::as_str).map(str::to_owned).ok_or(JobError::NotText(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        JobRequest::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn every_missing_field_is_named_at_once() {
        assert_eq!(error("{}"), "missing required fields: id, code, language");
        assert_eq!(error(r#"{"id":"1","code":null,"language":"go"}"#), "missing required fields: code");
    }

    #[test]
    fn a_field_of_another_type_or_without_content_is_named() {
        assert_eq!(error(r#"{"id":1,"code":"x","language":"go"}"#), "id must be a string");
        assert_eq!(error(r#"{"id":"1","code":"x","language":["go"]}"#), "language must be a string");
        assert_eq!(error(r#"{"id":"1","code":" ","language":"go"}"#), "code cannot be empty");
        assert!(error(r#"["id"]"#).starts_with("the request is not a JSON object"));
        assert!(error("{").starts_with("the request is not a JSON object"));
    }

    #[test]
    fn unknown_languages_and_analyses_are_refused_with_what_there_is() {
        let language = error(r#"{"id":"1","code":"x","language":"brainfuck"}"#);
        assert!(language.starts_with("unsupported language: \"brainfuck\""), "{language}");
        let analysis = error(r#"{"id":"1","code":"x","language":"go","analysis_type":"vibes"}"#);
        assert!(analysis.contains("invalid analysis_type: \"vibes\"; there are syntax, lint"), "{analysis}");
    }

    #[test]
    fn older_names_of_fields_and_analyses_are_taken() {
        let request = JobRequest::from_json(
            r#"{"job_id":"7","code":"x","language":"Golang","analysis_type":"linting"}"#,
        )
        .unwrap();
        assert_eq!((request.id.as_str(), request.language.as_str()), ("7", "go"));
        assert_eq!(request.analysis, JobAnalysis::Lint);
        assert_eq!(request.file, "code.go");
    }
}
