//! Codes about template syntax, rendering, answers, composition and references.

use super::{Code, LOOSE, SUSPECT, WORTH_KNOWING, WRONG};

/// A template text is not Handlebars.
pub static TEMPLATE_SYNTAX: Code = Code {
    code: "T0401",
    name: "template-syntax",
    summary: "a template text is not Handlebars",
    explanation: "The fields that are rendered, and partials, are Handlebars. A tag that is not closed, a block that is \
        closed by another name, or braces of the generated language that touch a tag make a text that no engine \
        reads: in `{:via, Registry, {{{name}}, key}` the tag opens with three braces and closes with two.",
    help: "mend the tag; write `\\{{` for braces that are meant literally, or leave a space between a brace of the \
        language and the tag",
    severity: WRONG,
    legacy_name: Some("E-TEMPLATE-SYNTAX"),
};

/// Jinja where Handlebars is expected.
pub static JINJA_SYNTAX: Code = Code {
    code: "T0402",
    name: "jinja-syntax",
    summary: "Jinja where Handlebars is expected",
    explanation: "Filters such as `{{ name | upper }}` and statements such as `{% if name %}` belong to Jinja. Handlebars \
        does not read the first and prints the second as it stands, so a condition or a validator that is \
        written in Jinja never does what it says.",
    help: "write it in Handlebars: `{{#if name}} … {{/if}}`",
    severity: WRONG,
    legacy_name: None,
};

/// A Jinja statement is left as it stands.
pub static JINJA_STATEMENT: Code = Code {
    code: "T0403",
    name: "jinja-statement",
    summary: "a Jinja statement is left as it stands",
    explanation: "A text holds a statement such as `{% for x in items %}`. To Handlebars that is ordinary text and it is \
        printed unchanged. That is right for a template that generates Jinja or Django files, and a mistake in \
        any other.",
    help: "write it in Handlebars, unless the generated file is meant to hold it",
    severity: LOOSE,
    legacy_name: None,
};

/// A Lua prompt program where Handlebars is expected.
pub static LUA_PROGRAM: Code = Code {
    code: "T0404",
    name: "lua-program",
    summary: "a Lua prompt program where Handlebars is expected",
    explanation: "A prompt that is built by a Lua program (`local p = Prompt.new()`) is run, not rendered. Programs are \
        not supported: a template is data.",
    help: "write the prompt as text with `{{name}}` or `{task}` placeholders",
    severity: WRONG,
    legacy_name: None,
};

/// A template text is beyond what is rendered.
pub static TEMPLATE_TOO_COMPLEX: Code = Code {
    code: "T0405",
    name: "template-too-complex",
    summary: "a template text is beyond what is rendered",
    explanation: "Texts are rendered up to stated limits: bytes, tags, blocks within one another, arguments within one \
        another, partials drawn in, and steps (a tag within two `each` over a list of a thousand entries is a \
        million steps). The limits are far beyond any real template; they exist so that a hostile one costs \
        little.",
    help: "split the text, or move nested blocks to partials",
    severity: WRONG,
    legacy_name: None,
};

/// A Handlebars construct that is not supported.
pub static UNSUPPORTED_CONSTRUCT: Code = Code {
    code: "T0406",
    name: "unsupported-construct",
    summary: "a Handlebars construct that is not supported",
    explanation: "Inline partials, partial blocks (`{{#> layout}}`), decorators and partials whose name is computed (`{{> \
        (lookup …)}}`) can include themselves in ways that are known only when they run. What a template draws \
        in is known beforehand here, so they are refused.",
    help: "write the partial to a file of its own and name it: `{{> base/header}}`",
    severity: WRONG,
    legacy_name: None,
};

/// A helper that does not exist.
pub static UNKNOWN_HELPER: Code = Code {
    code: "T0407",
    name: "unknown-helper",
    summary: "a helper that does not exist",
    explanation: "A tag with arguments calls a helper. There are `if`, `unless`, `each`, `with`, `lookup`, `raw`, `len`, \
        `includes`, `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `and`, `or` and `not`; `{{underscore name}}` calls one \
        that does not exist and ends the rendering.",
    help: "use one of the helpers that exist, or ask for the value in the form that is needed",
    severity: WRONG,
    legacy_name: None,
};

/// A text uses a variable that the template does not declare.
pub static UNDECLARED_VARIABLE: Code = Code {
    code: "T0408",
    name: "undeclared-variable",
    summary: "a text uses a variable that the template does not declare",
    explanation: "The template declares questions or variables, and a text uses a name that is not among them: \
        `{{modul_name}}` where `module_name` is declared. Nobody is ever asked for it, so rendering ends there.",
    help: "declare it, or correct the name",
    severity: WRONG,
    legacy_name: None,
};

/// A condition looks at a variable that the template does not declare.
pub static UNDECLARED_CONDITION: Code = Code {
    code: "T0409",
    name: "undeclared-condition",
    summary: "a condition looks at a variable that the template does not declare",
    explanation: "`{{#if use_cache}}` with no question or variable `use_cache` is never true: what stands in the block is \
        never rendered, in no case.",
    help: "declare it, or remove the block",
    severity: LOOSE,
    legacy_name: None,
};

/// A variable that is used and declared nowhere.
pub static INFERRED_VARIABLE: Code = Code {
    code: "T0410",
    name: "inferred-variable",
    summary: "a variable that is used and declared nowhere",
    explanation: "The template declares no questions and no variables at all, but its text uses some, such as \
        `{{app_name}}`. They are inferred from the text and given sample values, so that it can be rendered; \
        what they mean is anybody's guess.",
    help: "declare it under `template_variables` with type, description and default",
    severity: LOOSE,
    legacy_name: None,
};

/// A partial that does not exist.
pub static PARTIAL_MISSING: Code = Code {
    code: "T0411",
    name: "partial-missing",
    summary: "a partial that does not exist",
    explanation: "`{{> base/header}}` is looked for as `partials/base/header.hbs` and `base/header.hbs` in the folder of \
        the text and in every folder above it, up to the template root. Without it the text cannot be rendered.",
    help: "add the partial, or correct its name",
    severity: WRONG,
    legacy_name: None,
};

/// A partial draws in itself.
pub static PARTIAL_CYCLE: Code = Code {
    code: "T0412",
    name: "partial-cycle",
    summary: "a partial draws in itself",
    explanation: "A partial that includes itself, directly or through another, never ends.",
    help: "break the circle",
    severity: WRONG,
    legacy_name: None,
};

/// A text needs an answer that the case does not have.
pub static MISSING_ANSWER: Code = Code {
    code: "T0501",
    name: "missing-answer",
    summary: "a text needs an answer that the case does not have",
    explanation: "Rendering is strict: a name without a value ends it. That happens when `{{strategy}}` is printed \
        although the question `strategy` was skipped by its `when`, or when a field of an object does not exist.",
    help: "put the tag into `{{#if name}} … {{/if}}`, or give the variable a default",
    severity: WRONG,
    legacy_name: None,
};

/// A text cannot be rendered with these answers.
pub static RENDER_FAILED: Code = Code {
    code: "T0502",
    name: "render-failed",
    summary: "a text cannot be rendered with these answers",
    explanation: "The engine gave up: a helper got too few arguments, or a list was asked for a name, as in \
        `{{tags.first}}`.",
    help: "look at the tag shown and at the type of the answer it uses",
    severity: WRONG,
    legacy_name: None,
};

/// What is rendered exceeds the limit.
pub static OUTPUT_TOO_LARGE: Code = Code {
    code: "T0503",
    name: "output-too-large",
    summary: "what is rendered exceeds the limit",
    explanation: "One case may render a stated number of bytes in total. A loop in a loop over long lists reaches it \
        quickly.",
    help: "render less, or raise the limit in the policy",
    severity: WRONG,
    legacy_name: None,
};

/// An answer that no field uses.
pub static UNUSED_ANSWER: Code = Code {
    code: "T0504",
    name: "unused-answer",
    summary: "an answer that no field uses",
    explanation: "A question is asked (or a variable declared) and no rendered text, no `when` and no validator looks at \
        its answer: whatever is answered, the result is the same, and every case that varies it is a repetition.",
    help: "use it in a rendered field, or remove it",
    severity: SUSPECT,
    legacy_name: None,
};

/// A required variable has a made-up value.
pub static SAMPLE_ANSWER: Code = Code {
    code: "T0505",
    name: "sample-answer",
    summary: "a required variable has a made-up value",
    explanation: "A required variable without default and example gets a sample value, so that the template can be \
        rendered: false, 0, the first choice, an empty list or map, or its own name with `sample` before it. \
        What is rendered with it says little about what a real value would give.",
    help: "give the variable a `default` or an `example`",
    severity: WORTH_KNOWING,
    legacy_name: None,
};

/// The default answers exceed the limit.
pub static ANSWERS_TOO_LARGE: Code = Code {
    code: "T0506",
    name: "answers-too-large",
    summary: "the default answers exceed the limit",
    explanation: "A case's answers may have a stated number of bytes. Cases beyond it are left out; when the defaults \
        themselves are beyond it, nothing can be rendered.",
    help: "shorten the defaults, or raise the limit in the policy",
    severity: WRONG,
    legacy_name: None,
};

/// A rendered path leaves the target folder.
pub static RENDERED_PATH: Code = Code {
    code: "T0507",
    name: "rendered-path",
    summary: "a rendered path leaves the target folder",
    explanation: "The path of a generated file is relative, with `/`, and stays in the target folder. `src/{{name}}.py` \
        with the name `../../etc/cron` does not.",
    help: "write a relative path without `..`",
    severity: WRONG,
    legacy_name: None,
};

/// `extends` names a parent that does not exist.
pub static PARENT_MISSING: Code = Code {
    code: "T0601",
    name: "parent-missing",
    summary: "`extends` names a parent that does not exist",
    explanation: "`extends` is looked for in the folder of the template and in every folder above it, up to the template \
        root, with and without `.json`. What the parent would have given is missing from the template.",
    help: "correct the path, or add the parent",
    severity: LOOSE,
    legacy_name: None,
};

/// `compose` names a bit that does not exist.
pub static BIT_MISSING: Code = Code {
    code: "T0602",
    name: "bit-missing",
    summary: "`compose` names a bit that does not exist",
    explanation: "A bit that is not found leaves a hole in the composed text. Older tools made it empty without a word.",
    help: "correct the path, or add the bit",
    severity: LOOSE,
    legacy_name: None,
};

/// A template extends itself.
pub static COMPOSITION_CYCLE: Code = Code {
    code: "T0603",
    name: "composition-cycle",
    summary: "a template extends itself",
    explanation: "A template that is its own ancestor, directly or through its parents, has no composed form.",
    help: "break the circle",
    severity: WRONG,
    legacy_name: None,
};

/// A template has too many ancestors.
pub static COMPOSITION_TOO_DEEP: Code = Code {
    code: "T0604",
    name: "composition-too-deep",
    summary: "a template has too many ancestors",
    explanation: "Parents of parents are followed to a stated depth and number, far beyond what any real template has.",
    help: "flatten the ancestry",
    severity: WRONG,
    legacy_name: None,
};

/// A key is both overridden and merged.
pub static OVERRIDE_AND_MERGE: Code = Code {
    code: "T0605",
    name: "override-and-merge",
    summary: "a key is both overridden and merged",
    explanation: "`overrides` sets `quality_checklist` and `merges` appends to it. It is settled so: the override replaces \
        what was inherited, then the merge adds the entries of the parents that are missing.",
    help: "keep one of the two",
    severity: SUSPECT,
    legacy_name: None,
};

/// A path that could leave the template root.
pub static PATH_REFUSED: Code = Code {
    code: "T0606",
    name: "path-refused",
    summary: "a path that could leave the template root",
    explanation: "What a template draws in is named by a relative path with `/`, without `..`, drive letters, backslashes \
        and control characters, and is looked for below the template root only.",
    help: "write a path relative to the template root",
    severity: WRONG,
    legacy_name: None,
};

/// A reference that leads nowhere.
pub static DANGLING_REFERENCE: Code = Code {
    code: "T0607",
    name: "dangling-reference",
    summary: "a reference that leads nowhere",
    explanation: "`parent_pattern`, `related_patterns`, `workflows`, `steps` and their like name other templates by id or \
        path, and nothing by that name exists. Kebab case where the id is in snake case (`publish-subscribe` for \
        `publish_subscribe`) is the most frequent reason.",
    help: "correct the name, or remove the reference",
    severity: LOOSE,
    legacy_name: None,
};

/// Two files have the same id.
pub static DUPLICATE_ID: Code = Code {
    code: "T0608",
    name: "duplicate-id",
    summary: "two files have the same id",
    explanation: "An id names one template. When two files share it, which of them is meant depends on who asks.",
    help: "give one of them another id",
    severity: LOOSE,
    legacy_name: None,
};

/// A registry says something else than the file.
pub static REGISTRY_MISMATCH: Code = Code {
    code: "T0609",
    name: "registry-mismatch",
    summary: "a registry says something else than the file",
    explanation: "A registry entry repeats a file's language or version, and the file says otherwise: `tsx` in the \
        registry, `typescript_tsx` in the file.",
    help: "make them agree",
    severity: LOOSE,
    legacy_name: None,
};

/// A parent is not a readable template.
pub static PART_UNREADABLE: Code = Code {
    code: "T0610",
    name: "part-unreadable",
    summary: "a parent is not a readable template",
    explanation: "What `extends` names is read as a JSON object. A parent that is not one gives nothing.",
    help: "mend the parent",
    severity: WRONG,
    legacy_name: None,
};

/// `template_file` names a file that does not exist.
pub static TEMPLATE_FILE_MISSING: Code = Code {
    code: "T0611",
    name: "template-file-missing",
    summary: "`template_file` names a file that does not exist",
    explanation: "The body of the template is in a file of its own that is not there, so there is nothing to render.",
    help: "correct the path, or add the file",
    severity: LOOSE,
    legacy_name: None,
};

/// A composition field has the wrong shape.
pub static COMPOSITION_SHAPE: Code = Code {
    code: "T0612",
    name: "composition-shape",
    summary: "a composition field has the wrong shape",
    explanation: "`extends` is a path or a list of paths, `compose` a list of paths, `overrides` a map of dotted keys, and \
        `merges` a map from keys to `append`, `merge` or `last_wins`. Anything else is passed over.",
    help: "write it in the shape that is expected",
    severity: LOOSE,
    legacy_name: None,
};

/// This file's part of the table.
pub(super) static CODES: &[&Code] = &[
    &TEMPLATE_SYNTAX,
    &JINJA_SYNTAX,
    &JINJA_STATEMENT,
    &LUA_PROGRAM,
    &TEMPLATE_TOO_COMPLEX,
    &UNSUPPORTED_CONSTRUCT,
    &UNKNOWN_HELPER,
    &UNDECLARED_VARIABLE,
    &UNDECLARED_CONDITION,
    &INFERRED_VARIABLE,
    &PARTIAL_MISSING,
    &PARTIAL_CYCLE,
    &MISSING_ANSWER,
    &RENDER_FAILED,
    &OUTPUT_TOO_LARGE,
    &UNUSED_ANSWER,
    &SAMPLE_ANSWER,
    &ANSWERS_TOO_LARGE,
    &RENDERED_PATH,
    &PARENT_MISSING,
    &BIT_MISSING,
    &COMPOSITION_CYCLE,
    &COMPOSITION_TOO_DEEP,
    &OVERRIDE_AND_MERGE,
    &PATH_REFUSED,
    &DANGLING_REFERENCE,
    &DUPLICATE_ID,
    &REGISTRY_MISMATCH,
    &PART_UNREADABLE,
    &TEMPLATE_FILE_MISSING,
    &COMPOSITION_SHAPE,
];
