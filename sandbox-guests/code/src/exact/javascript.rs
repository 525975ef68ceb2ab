//! JavaScript, JSX, TypeScript and TSX by oxc: its parser, and the early errors of its semantic analysis.

use genesis_abi::CaseFile;
use oxc_allocator::Allocator;
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;

use super::sentence;
use crate::syntax::Fault;

/// JavaScript, with or without JSX.
pub fn javascript(file: &CaseFile) -> Vec<Fault> {
    let script = SourceType::script().with_jsx(true);
    either(file, SourceType::mjs().with_jsx(true), SourceType::cjs().with_jsx(true), script)
}

/// TypeScript.
pub fn typescript(file: &CaseFile) -> Vec<Fault> {
    if [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| file.path.ends_with(end)) {
        return faults(&file.text, SourceType::d_ts());
    }
    let module = SourceType::ts();
    either(file, module, module.with_commonjs(true), module.with_script(true))
}

/// TypeScript with JSX.
pub fn tsx(file: &CaseFile) -> Vec<Fault> {
    let module = SourceType::tsx();
    either(file, module, module.with_commonjs(true), module.with_script(true))
}

/// A text is right when it is a module, or a script, or what Node.js wraps into a function. When it is neither, the
/// goal under which most of it is right has the word.
fn either(file: &CaseFile, module: SourceType, wrapped: SourceType, script: SourceType) -> Vec<Fault> {
    let goals: &[SourceType] = match file.path.rsplit('.').next() {
        Some("mjs" | "mts") => &[module],
        Some("cjs" | "cts") => &[wrapped],
        _ => &[module, script, wrapped],
    };
    let mut best: Option<Vec<Fault>> = None;
    for goal in goals {
        let faults = faults(&file.text, *goal);
        if faults.is_empty() {
            return faults;
        }
        let first = |faults: &[Fault]| faults.iter().map(|fault| fault.start).min();
        if best.as_deref().is_none_or(|best| first(&faults) > first(best)) {
            best = Some(faults);
        }
    }
    best.unwrap_or_default()
}

fn faults(text: &str, goal: SourceType) -> Vec<Fault> {
    let allocator = Allocator::default();
    let options = ParseOptions { parse_regular_expression: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, text, goal).with_options(options).parse();
    let faults: Vec<Fault> = parsed.diagnostics.errors().map(fault).collect();
    if !faults.is_empty() || parsed.panicked {
        return faults;
    }
    let semantic = SemanticBuilder::new().with_check_syntax_error(true).build(&parsed.program);
    semantic.diagnostics.errors().map(fault).collect()
}

fn fault(diagnostic: &OxcDiagnostic) -> Fault {
    let (start, end) = diagnostic
        .labels
        .iter()
        .next()
        .map_or((0, 0), |label| (label.offset() as usize, (label.offset() + label.len()) as usize));
    let fault = Fault::wrong(start, end, sentence(&diagnostic.message));
    match &diagnostic.help {
        Some(help) => fault.help(sentence(help)),
        None => fault,
    }
}
