//! Codes about the document itself: JSON text, versions, changelog, questions, structure, weights.

use super::{ALWAYS, Code, LOOSE, SUSPECT, WORTH_KNOWING, WRONG};

/// The text is not JSON.
pub static JSON_SYNTAX: Code = Code {
    code: "T0101",
    name: "json-syntax",
    summary: "the text is not JSON",
    explanation: "A template is one JSON document as RFC 8259 defines it: no comments, no trailing commas, no \
        single quotes, nothing before or after it. An array that is closed with a brace, `{\"tags\": \
        [\"a\"}`, is the usual way to get here. Nothing else is said about a text that cannot be \
        read.",
    help: "mend the text at the place shown; everything before it was read",
    severity: ALWAYS,
    legacy_name: Some("E-JSON-SYNTAX"),
};

/// A key stands more than once in one object.
pub static JSON_DUPLICATE_KEY: Code = Code {
    code: "T0102",
    name: "json-duplicate-key",
    summary: "a key stands more than once in one object",
    explanation: "JSON allows it, and every reader does something else with it: most keep the last value and \
        drop the first without a word. In `{\"scoring_weights\": {\"docs\": 1.0}, \
        \"scoring_weights\": {\"tests\": 1.0}}` half of what the author wrote is never seen.",
    help: "join the two values or take one of them out",
    severity: WRONG,
    legacy_name: Some("E-JSON-DUPLICATE-KEY"),
};

/// Values are nested too deeply.
pub static JSON_TOO_DEEP: Code = Code {
    code: "T0103",
    name: "json-too-deep",
    summary: "values are nested deeper than the limit",
    explanation: "Arrays and objects within one another are read down to a stated depth and no further, so \
        that no text can exhaust the stack of whatever reads it: `[[[[…]]]]` with ten thousand \
        brackets is refused at the first bracket beyond the limit. Real templates are nested less \
        than a dozen levels deep.",
    help: "flatten the document",
    severity: ALWAYS,
    legacy_name: None,
};

/// The text or its number of values is beyond the limit.
pub static JSON_TOO_LARGE: Code = Code {
    code: "T0104",
    name: "json-too-large",
    summary: "the text is larger than the limit",
    explanation: "A template is read up to a stated number of bytes and of values. A document such as \
        `{\"tags\": [1, 1, 1, …]}` with millions of entries costs far more memory than its text, so \
        values are counted as well. Real templates are smaller than 50 KB.",
    help: "move what is not part of the template to files of its own",
    severity: ALWAYS,
    legacy_name: None,
};

/// A number that no reader can represent.
pub static JSON_NUMBER_RANGE: Code = Code {
    code: "T0105",
    name: "json-number-range",
    summary: "a number is too large to be represented",
    explanation: "A number such as `1e400` has the grammar of JSON but no value that a program can hold: some \
        readers make infinity of it, others refuse the document. It is refused here, so that every \
        reader of the template sees the same.",
    help: "write a number between -1.7e308 and 1.7e308",
    severity: ALWAYS,
    legacy_name: None,
};

/// The version is not one.
pub static VERSION_INVALID: Code = Code {
    code: "T0201",
    name: "version-invalid",
    summary: "the version is not one",
    explanation: "A version has the form MAJOR.MINOR.PATCH, as Semantic Versioning defines it, and is a \
        string. An integer (`\"version\": 2`), a year (`\"2022\"`) or a word (`\"latest\"`) cannot \
        be compared with the version in force, so nobody could say which of two templates is the \
        newer one.",
    help: "write the version as \"MAJOR.MINOR.PATCH\"",
    severity: WRONG,
    legacy_name: None,
};

/// There is no version.
pub static VERSION_MISSING: Code = Code {
    code: "T0202",
    name: "version-missing",
    summary: "there is no version",
    explanation: "A template of a kind that is versioned says its version in `spec_version`, `version`, \
        `metadata.version` or `metadata.spec_version`; the first of these that is there counts. A \
        template such as `{\"id\": \"worker\", \"content\": {…}}` without any of them cannot be told \
        from the version in force.",
    help: "add a version, \"1.0.0\" for a first one",
    severity: LOOSE,
    legacy_name: None,
};

/// The newest changelog entry is not the version's.
pub static CHANGELOG_TOP: Code = Code {
    code: "T0203",
    name: "changelog-top",
    summary: "the newest changelog entry is not the version's",
    explanation: "The changelog is ordered newest first, and its first entry belongs to the version that the \
        template says. A template that says `\"version\": \"2.5.0\"` while the first entry is \
        `\"2.3.0\"` was bumped without saying what changed.",
    help: "put an entry for the version, with at least one change, before all others",
    severity: WRONG,
    legacy_name: Some("E-CHANGELOG-TOP"),
};

/// The changelog of the version in force is gone.
pub static CHANGELOG_DROPPED: Code = Code {
    code: "T0204",
    name: "changelog-dropped",
    summary: "the changelog of the version in force is gone",
    explanation: "The version in force has a changelog and the candidate has none. History is only ever added \
        to: a template with `\"changelog\": {\"1.0.0\": {…}}` keeps that entry in every later \
        version.",
    help: "take over the changelog and add an entry for the new version",
    severity: WRONG,
    legacy_name: None,
};

/// The changelog cannot be read.
pub static CHANGELOG_SHAPE: Code = Code {
    code: "T0205",
    name: "changelog-shape",
    summary: "the changelog cannot be read",
    explanation: "A changelog is a map from version to entry, `{\"1.1.0\": {\"date\": \"2025-11-02\", \
        \"changes\": [\"…\"]}}`, or a list of entries with a `version` each. Anything else, an entry \
        that is a number, or a version that stands twice in a list, cannot be read.",
    help: "write one entry a version, with a date and a list of changes",
    severity: WRONG,
    legacy_name: None,
};

/// The content changed and the version did not.
pub static VERSION_NOT_INCREMENTED: Code = Code {
    code: "T0206",
    name: "version-not-incremented",
    summary: "the content changed and the version did not",
    explanation: "A version number stands for one content. When `2.5.0` is in force, or ever was, a candidate \
        with other content needs a number of its own; otherwise two files that were made by \
        \"2.5.0\" are not alike and nobody can tell why. Whitespace, the order of keys and members \
        that are `null` are no change.",
    help: "raise the version and add a changelog entry for it",
    severity: WRONG,
    legacy_name: Some("E-VERSION-NOT-INCREMENTED"),
};

/// The version is lower than the one in force.
pub static VERSION_DECREASED: Code = Code {
    code: "T0207",
    name: "version-decreased",
    summary: "the version is lower than the one in force",
    explanation: "Versions only rise: a candidate `2.4.0` cannot follow a version in force of `2.5.0`, and a \
        candidate without a version cannot follow one that has it. To go back to an earlier version \
        is a rollback, not a new candidate.",
    help: "raise the version above the one in force",
    severity: WRONG,
    legacy_name: None,
};

/// An older changelog entry was changed or taken out.
pub static CHANGELOG_REWRITTEN: Code = Code {
    code: "T0208",
    name: "changelog-rewritten",
    summary: "an older changelog entry was changed or taken out",
    explanation: "Every entry of the version in force stands in the candidate as it was: what `2.3.0` changed \
        does not change any more. To turn the map into a list, to reorder keys or to write `2.1` as \
        `2.1.0` is not a change of an entry.",
    help: "restore the entry; correct it by an entry of the new version",
    severity: WRONG,
    legacy_name: None,
};

/// Older changelog entries stand in another order.
pub static CHANGELOG_REORDERED: Code = Code {
    code: "T0209",
    name: "changelog-reordered",
    summary: "older changelog entries stand in another order",
    explanation: "Which version is newest is told by order alone, so entries keep their order: a changelog \
        `2.3.0, 2.2.0` must not become `2.2.0, 2.3.0`.",
    help: "restore the order, newest first",
    severity: WRONG,
    legacy_name: None,
};

/// The newest changelog entry tells no change.
pub static CHANGELOG_EMPTY_ENTRY: Code = Code {
    code: "T0210",
    name: "changelog-empty-entry",
    summary: "the newest changelog entry tells no change",
    explanation: "The entry for the new version says what changed: `\"2.5.0\": {\"date\": \"2025-11-02\", \
        \"changes\": []}` says nothing to whoever has to decide on an upgrade.",
    help: "name at least one change",
    severity: WRONG,
    legacy_name: None,
};

/// Changelog versions or dates do not descend.
pub static CHANGELOG_NOT_DESCENDING: Code = Code {
    code: "T0211",
    name: "changelog-not-descending",
    summary: "changelog versions or dates do not descend",
    explanation: "Newest first means that versions, and usually dates, descend. An entry `2.2.0` above `2.3.0` \
        is a slip more often than not. Dates in real changelogs are not always to be trusted, so \
        this is only a warning.",
    help: "order the entries newest first",
    severity: SUSPECT,
    legacy_name: None,
};

/// The version has two parts.
pub static VERSION_TWO_PART: Code = Code {
    code: "T0212",
    name: "version-two-part",
    summary: "the version has two parts",
    explanation: "`2.1` is read as `2.1.0`. It is not a version as Semantic Versioning defines it, and tools \
        that are stricter refuse it.",
    help: "write all three parts",
    severity: LOOSE,
    legacy_name: None,
};

/// Two version fields disagree.
pub static VERSION_DISAGREEMENT: Code = Code {
    code: "T0213",
    name: "version-disagreement",
    summary: "two version fields disagree",
    explanation: "A template may say its version in more than one field, and then they agree: of \
        `\"spec_version\": \"2.1.0\"` and `\"version\": 2` the first counts here, but another tool \
        may look at the second. `2.1` and `2.1.0` agree.",
    help: "keep one of the fields, or make them equal",
    severity: LOOSE,
    legacy_name: None,
};

/// There is no changelog.
pub static CHANGELOG_ABSENT: Code = Code {
    code: "T0214",
    name: "changelog-absent",
    summary: "there is no changelog",
    explanation: "A quality template keeps a changelog, `\"changelog\": {\"1.0.0\": {\"date\": \"2025-11-02\", \
        \"changes\": [\"first version\"]}}`, so that whoever uses it can see what a new version \
        brings.",
    help: "add a changelog with an entry for this version",
    severity: LOOSE,
    legacy_name: None,
};

/// A question cannot be read.
pub static QUESTION_SHAPE: Code = Code {
    code: "T0301",
    name: "question-shape",
    summary: "a question cannot be read",
    explanation: "`questions` is a list of objects, each with a `name` (or `var_name`), a `type`, and texts or \
        truth values for `when` and `validator`. A question without a name, such as `{\"type\": \
        \"boolean\"}`, can never be answered.",
    help: "give each question a name and a type",
    severity: WRONG,
    legacy_name: None,
};

/// Two questions have one name.
pub static QUESTION_DUPLICATE: Code = Code {
    code: "T0302",
    name: "question-duplicate",
    summary: "two questions have one name",
    explanation: "An answer belongs to the question of its name. Of two questions `use_cache` one would \
        overwrite the other's answer.",
    help: "rename one of them",
    severity: WRONG,
    legacy_name: None,
};

/// A question has no type that is known.
pub static QUESTION_TYPE: Code = Code {
    code: "T0303",
    name: "question-type",
    summary: "a question has no type that is known",
    explanation: "Known are boolean, choice, number, string, and the other model's bool, str, int, float, yaml \
        and json. Without a type, or with one such as `\"enum\"`, nobody can tell which answers are \
        good.",
    help: "use boolean, choice, number, int, string, yaml or json",
    severity: WRONG,
    legacy_name: None,
};

/// The choices of a question are not usable.
pub static QUESTION_CHOICES: Code = Code {
    code: "T0304",
    name: "question-choices",
    summary: "the choices of a question are not usable",
    explanation: "A question of type choice has a list, or a map from label to value, of at least one value; \
        each is a text, a number or a truth value, and none stands twice: `\"choices\": [\"docker\", \
        \"docker\"]` is a slip.",
    help: "list each value once",
    severity: WRONG,
    legacy_name: None,
};

/// The default of a question is no answer to it.
pub static QUESTION_DEFAULT: Code = Code {
    code: "T0305",
    name: "question-default",
    summary: "the default of a question is no answer to it",
    explanation: "A default has the question's type and is one of its choices: for choices `none` and `sentry` \
        the default `\"Sentry\"` is an answer that nobody could give. With `multiselect` the default \
        is a list of choices.",
    help: "use one of the choices, or a value of the question's type",
    severity: WRONG,
    legacy_name: None,
};

/// A `when` looks at an answer that is not given yet.
pub static WHEN_FORWARD: Code = Code {
    code: "T0306",
    name: "when-forward-reference",
    summary: "a `when` looks at an answer that is not given yet",
    explanation: "Questions are asked in order, and `when` sees the answers given before: `\"when\": \
        \"{{include_tests}}\"` on a question that stands before `include_tests` is never true, so \
        the question is never asked.",
    help: "move the question behind the one it depends on",
    severity: WRONG,
    legacy_name: None,
};

/// A `when` looks at an answer that nobody gives.
pub static WHEN_UNKNOWN: Code = Code {
    code: "T0307",
    name: "when-unknown-answer",
    summary: "a `when` looks at an answer that nobody gives",
    explanation: "A `when` names questions of the template. One that names nothing, `\"when\": \
        \"{{use_genservr}}\"`, is always empty, so the question is never asked.",
    help: "name one of the earlier questions",
    severity: LOOSE,
    legacy_name: None,
};

/// A validator refuses the default answers.
pub static VALIDATOR_REFUSES_DEFAULTS: Code = Code {
    code: "T0308",
    name: "validator-refuses-defaults",
    summary: "a validator refuses the default answers",
    explanation: "A validator accepts when it renders to nothing or to `true`. `{{#if \
        use_cache}}true{{else}}false{{/if}}` on `use_cache` with the default false refuses what the \
        template itself proposes. It is then ignored when cases are made.",
    help: "let the validator render to nothing when the answer is good",
    severity: SUSPECT,
    legacy_name: Some("W-VALIDATOR-ALWAYS-FAILS"),
};

/// A question of the version in force is gone.
pub static QUESTION_REMOVED: Code = Code {
    code: "T0309",
    name: "question-removed",
    summary: "a question of the version in force is gone",
    explanation: "Answers are recorded and used again for the next version. Without a major bump every \
        question of the version in force is still there; one that goes from `2.4.0` to `2.5.0` makes \
        recorded answers meaningless.",
    help: "keep the question, or raise the major version",
    severity: WRONG,
    legacy_name: None,
};

/// A question takes another type of answer.
pub static QUESTION_TYPE_CHANGED: Code = Code {
    code: "T0310",
    name: "question-type-changed",
    summary: "a question takes another type of answer",
    explanation: "A recorded answer `true` is no answer any more once the question `cache` asks for one of \
        `none`, `memory`, `disk`. Without a major bump a question keeps its type; `bool` and \
        `boolean` are the same type.",
    help: "add a question of another name, or raise the major version",
    severity: WRONG,
    legacy_name: None,
};

/// A choice of the version in force is gone.
pub static QUESTION_CHOICE_REMOVED: Code = Code {
    code: "T0311",
    name: "question-choice-removed",
    summary: "a choice of the version in force is gone",
    explanation: "A recorded answer `datadog` is no answer any more when that choice goes. Without a major \
        bump choices are only added.",
    help: "keep the choice, or raise the major version",
    severity: WRONG,
    legacy_name: None,
};

/// No template text can use a question's name.
pub static QUESTION_NAME: Code = Code {
    code: "T0312",
    name: "question-name",
    summary: "no template text can use a question's name",
    explanation: "An answer is used as `{{name}}`, so its name has letters, digits, `_` and `-` and does not \
        begin with a digit. The answer to `use cache?` can be given but never be used.",
    help: "use a name such as `use_cache`",
    severity: LOOSE,
    legacy_name: None,
};

/// A field that its kind needs is missing.
pub static FIELD_MISSING: Code = Code {
    code: "T0701",
    name: "field-missing",
    summary: "a field that its kind needs is missing",
    explanation: "Each kind of template has fields that whoever uses it relies on: a quality template its \
        name, language, level and requirements, a vulnerability its severity. A field that is `null` \
        is as good as missing.",
    help: "add the field",
    severity: LOOSE,
    legacy_name: None,
};

/// A field is of another type than its kind has.
pub static FIELD_TYPE: Code = Code {
    code: "T0702",
    name: "field-type",
    summary: "a field is of another type than its kind has",
    explanation: "The fields of a kind have fixed types: `requirements` is an object, `capabilities` a list of \
        texts. With `\"requirements\": \"see wiki\"` nothing that reads the field finds what it \
        looks for.",
    help: "give the field the type named",
    severity: LOOSE,
    legacy_name: None,
};

/// There is no id.
pub static ID_MISSING: Code = Code {
    code: "T0703",
    name: "id-missing",
    summary: "there is no id",
    explanation: "A template is known by its id, and its versions in force are kept under it. Without one \
        (`id`, or its kind's own field) its path has to serve, and a file that is moved is another \
        template.",
    help: "add an id such as `python-service`",
    severity: LOOSE,
    legacy_name: None,
};

/// The id cannot be used.
pub static ID_UNUSABLE: Code = Code {
    code: "T0704",
    name: "id-unusable",
    summary: "the id cannot be used",
    explanation: "An id becomes part of names of branches and files. It is a text of at most 200 bytes without \
        control characters, and nothing like `../../etc/passwd` that could lead somewhere else.",
    help: "use letters, digits, `_`, `-` and `:`",
    severity: WRONG,
    legacy_name: None,
};

/// The id has unusual characters.
pub static ID_FORM: Code = Code {
    code: "T0705",
    name: "id-form",
    summary: "the id has unusual characters",
    explanation: "Ids are made of small letters, digits, `_`, `-` and `:`, as in \
        `quality_template:elixir-production`. Others, such as the space and the capital in `Python \
        Service`, work here, but not in every tool that refers to the template.",
    help: "use small letters, digits, `_`, `-` and `:`",
    severity: LOOSE,
    legacy_name: None,
};

/// The template breaks the schema that it claims.
pub static SCHEMA_CLAIM: Code = Code {
    code: "T0706",
    name: "schema-claim",
    summary: "the template breaks the schema that it claims",
    explanation: "With `$schema` a template claims to keep the rules of a schema. Tools that trust the claim \
        will stumble: a template that claims `template/v1` and has no `content.code` has no code to \
        show. Each rule that is broken is a finding of its own.",
    help: "keep the rule, or take out `$schema`",
    severity: LOOSE,
    legacy_name: None,
};

/// The document is not a template.
pub static NOT_A_TEMPLATE: Code = Code {
    code: "T0707",
    name: "not-a-template",
    summary: "the document is not a template",
    explanation: "A schema, a registry or a manifest speaks about templates and is none: `{\"$schema\": \
        \"http://json-schema.org/…\", \"properties\": {…}}` has no questions and renders nothing. \
        Only its JSON and its references are judged.",
    help: "nothing needs to be done",
    severity: WORTH_KNOWING,
    legacy_name: None,
};

/// A template says that it is a schema.
pub static METADATA_TYPE: Code = Code {
    code: "T0708",
    name: "metadata-type",
    summary: "a template says that it is a schema",
    explanation: "`\"_metadata_type\": \"schema\"` marks documents that are not templates, and tools skip \
        them. A template with questions that says so is skipped by mistake.",
    help: "take out `_metadata_type`",
    severity: SUSPECT,
    legacy_name: None,
};

/// The document is not an object.
pub static NOT_AN_OBJECT: Code = Code {
    code: "T0709",
    name: "not-an-object",
    summary: "the document is not an object",
    explanation: "A template is an object with fields. A list of templates, `[{\"id\": \"a\"}, {\"id\": \
        \"b\"}]`, or a bare text is JSON and no template.",
    help: "write one object a file",
    severity: WRONG,
    legacy_name: None,
};

/// The id is not the one of the version in force.
pub static ID_CHANGED: Code = Code {
    code: "T0710",
    name: "id-changed",
    summary: "the id is not the one of the version in force",
    explanation: "A template keeps its id over its versions. A candidate `python-services` for the template \
        `python-service` is either another template or a slip.",
    help: "keep the id",
    severity: LOOSE,
    legacy_name: None,
};

/// The candidate is of another kind than the version in force.
pub static KIND_CHANGED: Code = Code {
    code: "T0711",
    name: "kind-changed",
    summary: "the candidate is of another kind than the version in force",
    explanation: "What a template is, is told by its fields. When the version in force is a quality template \
        and the candidate lost `requirements` and `spec_version`, it is not recognised as one any \
        more and is judged by other rules.",
    help: "restore the fields that make it what it was",
    severity: LOOSE,
    legacy_name: None,
};

/// The template is of no kind that is known.
pub static KIND_UNKNOWN: Code = Code {
    code: "T0712",
    name: "kind-unknown",
    summary: "the template is of no kind that is known",
    explanation: "Nothing in the document tells what it is, as in `{\"name\": \"x\", \"notes\": []}`. Rules \
        for all templates apply, those of a kind do not.",
    help: "nothing needs to be done",
    severity: WORTH_KNOWING,
    legacy_name: None,
};

/// A scoring weight is no number between 0 and 1.
pub static WEIGHT_RANGE: Code = Code {
    code: "T0801",
    name: "weight-range",
    summary: "a scoring weight is no number between 0 and 1",
    explanation: "A score is the weighted mean over `scoring_weights`, in which each weight is a number from 0 \
        to 1. A text such as `\"NaN\"` or a weight of 10 spoils the whole score.",
    help: "write a number from 0 to 1",
    severity: LOOSE,
    legacy_name: None,
};

/// A migration names commands, which are never executed.
pub static MIGRATION_COMMAND: Code = Code {
    code: "T0802",
    name: "migration-command",
    summary: "a migration names commands, which are never executed",
    explanation: "A migration may name shell commands in `before`, `after` or `command`. A command from a \
        template, such as `\"command\": \"curl … | sh\"`, is never executed, neither here nor in the \
        sandbox, so a migration that depends on it does not happen.",
    help: "describe the migration in words, or make it part of the template",
    severity: LOOSE,
    legacy_name: None,
};

/// An example answer file is newer than the template.
pub static ANSWER_FILE_VERSION: Code = Code {
    code: "T0803",
    name: "answer-file-version",
    summary: "an example answer file is newer than the template",
    explanation: "`example_answer_file` shows what is recorded beside a generated file, with \
        `_template_version`. When that says `2.6.0` and the template `2.0.0`, one of the two was \
        copied and not adapted.",
    help: "make the two versions agree",
    severity: SUSPECT,
    legacy_name: None,
};

/// The validator profile is not known.
pub static PROFILE_UNKNOWN: Code = Code {
    code: "T0804",
    name: "profile-unknown",
    summary: "the validator profile is not known",
    explanation: "Severities depend on the profile: standard, strict or legacy. With another name, such as \
        `lenient`, nobody can say what was asked for; the standard profile is used, and this error \
        stands beside what it finds.",
    help: "use standard, strict or legacy",
    severity: ALWAYS,
    legacy_name: None,
};

/// The version in force cannot be read.
pub static BASELINE_UNREADABLE: Code = Code {
    code: "T0805",
    name: "baseline-unreadable",
    summary: "the version in force cannot be read",
    explanation: "The candidate could not be compared with the version in force, because that is not JSON, for \
        instance `{\"version\": \"1.0.0\",}`. Versions that were ever in force are still compared by \
        their numbers.",
    help: "mend the version in force",
    severity: SUSPECT,
    legacy_name: None,
};

/// This file's part of the table.
pub(crate) static CODES: &[&Code] = &[
    &JSON_SYNTAX,
    &JSON_DUPLICATE_KEY,
    &JSON_TOO_DEEP,
    &JSON_TOO_LARGE,
    &JSON_NUMBER_RANGE,
    &VERSION_INVALID,
    &VERSION_MISSING,
    &CHANGELOG_TOP,
    &CHANGELOG_DROPPED,
    &CHANGELOG_SHAPE,
    &VERSION_NOT_INCREMENTED,
    &VERSION_DECREASED,
    &CHANGELOG_REWRITTEN,
    &CHANGELOG_REORDERED,
    &CHANGELOG_EMPTY_ENTRY,
    &CHANGELOG_NOT_DESCENDING,
    &VERSION_TWO_PART,
    &VERSION_DISAGREEMENT,
    &CHANGELOG_ABSENT,
    &QUESTION_SHAPE,
    &QUESTION_DUPLICATE,
    &QUESTION_TYPE,
    &QUESTION_CHOICES,
    &QUESTION_DEFAULT,
    &WHEN_FORWARD,
    &WHEN_UNKNOWN,
    &VALIDATOR_REFUSES_DEFAULTS,
    &QUESTION_REMOVED,
    &QUESTION_TYPE_CHANGED,
    &QUESTION_CHOICE_REMOVED,
    &QUESTION_NAME,
    &FIELD_MISSING,
    &FIELD_TYPE,
    &ID_MISSING,
    &ID_UNUSABLE,
    &ID_FORM,
    &SCHEMA_CLAIM,
    &NOT_A_TEMPLATE,
    &METADATA_TYPE,
    &NOT_AN_OBJECT,
    &ID_CHANGED,
    &KIND_CHANGED,
    &KIND_UNKNOWN,
    &WEIGHT_RANGE,
    &MIGRATION_COMMAND,
    &ANSWER_FILE_VERSION,
    &PROFILE_UNKNOWN,
    &BASELINE_UNREADABLE,
];
