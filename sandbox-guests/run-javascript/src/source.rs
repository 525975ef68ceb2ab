//! One given file: parsed, and TypeScript and JSX turned into JavaScript.

use std::path::{Path, PathBuf};

use genesis_abi::code::{SYNTAX_ERROR, SYNTAX_TOO_LARGE};
use genesis_guest_sdk::{Finding, Severity};
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{TransformOptions, Transformer};

use crate::place;

/// Largest text that is looked at, in bytes.
const LARGEST_BYTES: usize = 4 << 20;
/// Deepest nesting of brackets that is looked at. The parser recurses some ten calls for each.
const DEEPEST: usize = 500;

/// How a file is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As an ES module.
    Module,
    /// As a function that is given `require` and `module`.
    CommonJs,
    /// As data.
    Json,
}

/// What can be run of a file.
pub(crate) struct Source {
    pub(crate) kind: Kind,
    /// JavaScript, or JSON.
    pub(crate) code: String,
    /// From lines of `code` to the file's own, both from 1; absent when they are the same.
    map: Option<Vec<(Position, Position)>>,
}

/// A line and a column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Source {
    /// Where in the file something stands that is at this place of `code`.
    pub(crate) fn original(&self, at: Position) -> Position {
        let Some(map) = &self.map else { return at };
        let next = map.partition_point(|(generated, _)| *generated <= at);
        // The nearest mark before it in the same line; code without one, such as helpers, has no place of its own.
        match next.checked_sub(1).map(|index| map[index]) {
            Some((generated, original)) if generated.line == at.line => original,
            _ => map.get(next).map_or(at, |(_, original)| *original),
        }
    }
}

/// Parses a file, and gives what can be run of it or what is wrong with it. `language` decides for a path without an
/// extension that is known.
pub(crate) fn read(path: &str, text: &str, language: &str) -> Result<Source, Vec<Finding>> {
    if path.ends_with(".json") {
        return Ok(Source { kind: Kind::Json, code: text.to_owned(), map: None });
    }
    if text.len() > LARGEST_BYTES || depth(text) > DEEPEST {
        return Err(vec![Finding {
            severity: Severity::Error,
            code: SYNTAX_TOO_LARGE.to_owned(),
            message: "the text is too large or too deeply nested to be run".to_owned(),
            place: place::place(path, None),
            help: None,
            inherited: false,
        }]);
    }
    let declared = source_type(path, language);
    let unambiguous = !["mjs", "cjs", "mts", "cts"].iter().any(|known| extension(path) == Some(known));
    let tried = if unambiguous { declared.with_unambiguous(true) } else { declared };
    let allocator = Allocator::default();
    let mut parsed = Parser::new(&allocator, text, tried).parse();
    let has_module_syntax = parsed.module_record.has_module_syntax;
    if parsed.diagnostics.iter().next().is_some() && unambiguous && !has_module_syntax {
        // Only CommonJS has `return` outside of functions.
        let again = Parser::new(&allocator, text, declared.with_commonjs(true)).parse();
        if again.diagnostics.iter().next().is_none() {
            parsed = again;
        }
    }
    let errors: Vec<Finding> = parsed.diagnostics.iter().map(|error| finding(path, text, error)).collect();
    if parsed.panicked || !errors.is_empty() {
        return Err(errors);
    }
    let kind = match extension(path) {
        Some("mjs" | "mts") => Kind::Module,
        Some("cjs" | "cts") => Kind::CommonJs,
        _ if has_module_syntax => Kind::Module,
        _ => Kind::CommonJs,
    };
    let mut program = parsed.program;
    let analysed = SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(true).build(&program);
    let errors: Vec<Finding> = analysed.diagnostics.iter().map(|error| finding(path, text, error)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    if !declared.is_typescript() && !has_jsx(declared, path, language) {
        return Ok(Source { kind, code: text.to_owned(), map: None });
    }
    let options = TransformOptions::default();
    let scoping = analysed.semantic.into_scoping();
    let transformed =
        Transformer::new(&allocator, Path::new(path), &options).build_with_scoping(scoping, &mut program);
    let errors: Vec<Finding> =
        transformed.diagnostics.iter().map(|error| finding(path, text, error)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let options = CodegenOptions { source_map_path: Some(PathBuf::from(path)), ..CodegenOptions::default() };
    let printed = Codegen::new().with_options(options).build(&program);
    let map = printed.map.map(|map| {
        let mut map: Vec<_> = map
            .get_tokens()
            .map(|token| {
                let generated = Position { line: token.get_dst_line() + 1, column: token.get_dst_col() + 1 };
                let original = Position { line: token.get_src_line() + 1, column: token.get_src_col() + 1 };
                (generated, original)
            })
            .collect();
        map.sort_unstable();
        map
    });
    Ok(Source { kind, code: printed.code, map })
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.rsplit_once('.').map(|(_, extension)| extension)
}

fn source_type(path: &str, language: &str) -> SourceType {
    SourceType::from_path(Path::new(path)).unwrap_or_else(|_| match language {
        "typescript" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        "jsx" => SourceType::jsx(),
        _ => SourceType::mjs(),
    })
}

fn has_jsx(declared: SourceType, path: &str, language: &str) -> bool {
    declared.is_jsx() && (extension(path) == Some("jsx") || language == "jsx")
}

/// The deepest nesting of brackets, those within strings and comments included.
fn depth(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn finding(path: &str, text: &str, error: &OxcDiagnostic) -> Finding {
    let span = error.labels.first().map(|label| {
        let start = label.offset() as usize;
        place::between(text, start, start + label.len() as usize)
    });
    Finding {
        severity: Severity::Error,
        code: SYNTAX_ERROR.to_owned(),
        message: error.message.to_string(),
        place: place::place(path, span),
        help: error.help.as_ref().map(ToString::to_string),
        inherited: false,
    }
}
