//! The rules of the two schemas that templates claim with `$schema`, checked by hand: a schema engine costs a guest
//! megabytes and more time than everything else together.

use crate::codes::document as codes;
use crate::codes::quoted;
use crate::findings::Findings;
use crate::json::{Node, NodeValue};

const LANGUAGES_V1: &[&str] =
    &["elixir", "erlang", "gleam", "rust", "go", "typescript", "javascript", "python", "java", "multi"];
const LANGUAGES_V2: &[&str] =
    &["elixir", "gleam", "rust", "python", "javascript", "typescript", "go", "java", "multi"];
const CATEGORIES_V2: &[&str] = &[
    "base",
    "bit",
    "code_generation",
    "code_snippet",
    "framework",
    "prompt",
    "quality_standard",
    "workflow",
];
const RULES_V1: &[&str] = &[
    "must_have_docs",
    "must_have_specs",
    "must_have_tests",
    "must_handle_errors",
    "no_code_smells",
    "follows_conventions",
];

/// Checks the template against the schema that it claims, if it is one of the two.
pub(super) fn check(findings: &mut Findings<'_>) {
    let root = findings.document.root();
    let Some(schema) = root.get("$schema").and_then(Node::as_str) else { return };
    if schema.ends_with("/template/v1") {
        Claim { findings, schema: "template/v1" }.template_v1(root);
    } else if schema.ends_with("UNIFIED_TEMPLATE_SCHEMA.json") || schema.ends_with("/template/v2.0") {
        Claim { findings, schema: "the unified schema" }.unified(root);
    }
}

struct Claim<'f, 'd> {
    findings: &'f mut Findings<'d>,
    schema: &'static str,
}

impl Claim<'_, '_> {
    fn template_v1(&mut self, root: &Node) {
        for field in ["version", "type", "metadata", "content"] {
            self.needs(root, "", field);
        }
        if let Some(version) = root.get("version") {
            let is_version = |text: &str| {
                let parts: Vec<&str> = text.split('.').collect();
                matches!(parts.len(), 2 | 3) && parts.iter().all(|part| is_digits(part))
            };
            self.text_is(version, "version", "numbers with dots", is_version);
        }
        self.one_of(root, "", "type", &["code_pattern", "quality_rule", "workflow", "snippet"]);
        if let Some(metadata) = self.object(root, "metadata") {
            self.metadata_v1(metadata);
        }
        let is_code = root.get("type").and_then(Node::as_str) == Some("code_pattern");
        if let Some(content) = self.object(root, "content") {
            self.content_v1(content, is_code);
        }
        if let Some(quality) = self.object(root, "quality") {
            self.quality_v1(quality, is_code);
        }
        if let Some(usage) = self.object(root, "usage") {
            self.within(usage, "usage", "count", 0.0, f64::INFINITY);
            self.within(usage, "usage", "success_rate", 0.0, 1.0);
        }
        if let Some(platforms) = root.path(&["compatibility", "platforms"]) {
            for platform in platforms.as_array().unwrap_or_default() {
                self.known(platform, "compatibility.platforms", &["linux", "macos", "windows", "bsd", "all"]);
            }
        }
    }

    fn metadata_v1(&mut self, metadata: &Node) {
        for field in ["id", "name", "description", "language"] {
            self.needs(metadata, "metadata.", field);
        }
        if let Some(id) = metadata.get("id") {
            self.text_is(id, "metadata.id", "small letters, digits and `-`", is_kebab);
        }
        for (field, least, most) in [("name", 3, 100), ("description", 10, 500)] {
            if let Some(node) = metadata.get(field) {
                let wanted = format!("{least} to {most} characters long");
                let fits = |text: &str| (least..=most).contains(&text.chars().count());
                self.text_is(node, &format!("metadata.{field}"), &wanted, fits);
            }
        }
        self.one_of(metadata, "metadata.", "language", LANGUAGES_V1);
        if let Some(tags) = metadata.get("tags") {
            match tags.as_array() {
                Some(entries) if (1..=10).contains(&entries.len()) => {
                    for tag in entries {
                        self.text_is(tag, "a tag", "small letters, digits and `-`", is_kebab);
                    }
                }
                _ => self.breaks(tags, "`metadata.tags` is a list of 1 to 10 tags"),
            }
        }
        if let Some(embedding) = metadata.get("embedding").filter(|node| !node.is_null())
            && embedding.as_array().is_none_or(|numbers| numbers.len() != 1536)
        {
            self.breaks(embedding, "`metadata.embedding` is null or a list of 1536 numbers");
        }
    }

    fn content_v1(&mut self, content: &Node, is_code: bool) {
        self.needs(content, "content.", "code");
        if let Some(code) = content.get("code") {
            self.text_is(code, "content.code", "at least 10 characters long", |text| {
                text.chars().count() >= 10
            });
        }
        if is_code {
            self.needs(content, "content.", "tests");
        }
        for field in ["dependencies", "examples"] {
            if let Some(node) = content.get(field)
                && !node
                    .as_array()
                    .is_some_and(|entries| entries.iter().all(|entry| entry.as_str().is_some()))
            {
                self.breaks(node, format!("`content.{field}` is a list of texts"));
            }
        }
    }

    fn quality_v1(&mut self, quality: &Node, is_code: bool) {
        if let Some(rules) = quality.get("rules") {
            match rules.as_array() {
                Some(entries) => {
                    for rule in entries {
                        self.known(rule, "quality.rules", RULES_V1);
                    }
                }
                None => self.breaks(rules, "`quality.rules` is a list of rules"),
            }
        }
        if is_code {
            self.needs(quality, "quality.", "score");
        }
        self.within(quality, "quality", "score", if is_code { 0.8 } else { 0.0 }, 1.0);
    }

    fn unified(&mut self, root: &Node) {
        for field in ["id", "category", "metadata", "content"] {
            self.needs(root, "", field);
        }
        if let Some(id) = root.get("id") {
            self.text_is(id, "id", "small letters, digits and `-`", is_kebab);
        }
        self.one_of(root, "", "category", CATEGORIES_V2);
        if let Some(metadata) = self.object(root, "metadata") {
            for field in ["name", "version", "description"] {
                self.needs(metadata, "metadata.", field);
            }
            if let Some(version) = metadata.get("version") {
                let is_version = |text: &str| text.split('.').count() == 3 && text.split('.').all(is_digits);
                self.text_is(version, "metadata.version", "three numbers with dots", is_version);
            }
            self.one_of(metadata, "metadata.", "language", LANGUAGES_V2);
        }
        if let Some(content) = self.object(root, "content") {
            self.content_v2(content);
        }
        if let Some(extends) = root.get("extends").filter(|node| node.as_str().is_none()) {
            self.breaks(extends, "`extends` is one text");
        }
        for field in ["compose", "related"] {
            if let Some(node) = root.get(field)
                && !node
                    .as_array()
                    .is_some_and(|entries| entries.iter().all(|entry| entry.as_str().is_some()))
            {
                self.breaks(node, format!("`{field}` is a list of texts"));
            }
        }
        if let Some(dependencies) = root.get("dependencies") {
            for dependency in list(dependencies.get("required")) {
                self.needs(dependency, "a required dependency's ", "name");
                self.one_of(
                    dependency,
                    "a required dependency's ",
                    "ecosystem",
                    &["hex", "cargo", "npm", "pypi", "maven"],
                );
            }
            for dependency in list(dependencies.get("optional")) {
                self.needs(dependency, "an optional dependency's ", "name");
                self.needs(dependency, "an optional dependency's ", "purpose");
            }
        }
    }

    fn content_v2(&mut self, content: &Node) {
        self.needs(content, "content.", "type");
        let fields: &[&str] = match content.get("type").and_then(Node::as_str) {
            Some("code") => &["code"],
            Some("snippets") => &["snippets"],
            Some("prompt") => &["system", "user"],
            Some("quality") => &["requirements"],
            _ => return self.one_of(content, "content.", "type", &["code", "snippets", "prompt", "quality"]),
        };
        for field in fields {
            self.needs(content, "content.", field);
        }
        for member in content.get("snippets").and_then(Node::as_object).unwrap_or_default() {
            self.needs(&member.value, &format!("snippet {}'s ", quoted(&member.key)), "code");
        }
        self.one_of(content, "content.", "complexity_level", &["simple", "medium", "complex"]);
    }

    fn object<'n>(&mut self, parent: &'n Node, field: &str) -> Option<&'n Node> {
        let node = parent.get(field)?;
        if node.as_object().is_none() {
            self.breaks(node, format!("`{field}` is an object"));
            return None;
        }
        Some(node)
    }

    fn needs(&mut self, parent: &Node, of: &str, field: &str) {
        if parent.get(field).is_none() {
            self.breaks(parent, format!("`{of}{field}` is required"));
        }
    }

    fn one_of(&mut self, parent: &Node, of: &str, field: &str, known: &[&str]) {
        if let Some(node) = parent.get(field) {
            self.known(node, &format!("{of}{field}"), known);
        }
    }

    fn known(&mut self, node: &Node, field: &str, known: &[&str]) {
        match node.as_str() {
            Some(text) if known.contains(&text) => {}
            Some(text) => self.breaks(node, format!("`{field}` has no value {}", quoted(text))),
            None => self.breaks(node, format!("`{field}` has no value of type {}", node.type_name())),
        }
    }

    fn text_is(&mut self, node: &Node, field: &str, wanted: &str, fits: impl Fn(&str) -> bool) {
        if !node.as_str().is_some_and(fits) {
            self.breaks(node, format!("`{field}` is {wanted}"));
        }
    }

    fn within(&mut self, parent: &Node, of: &str, field: &str, least: f64, most: f64) {
        if let Some(node) = parent.get(field).filter(|node| !matches!(node.value, NodeValue::Null))
            && !node.as_f64().is_some_and(|value| (least..=most).contains(&value))
        {
            let range =
                if most.is_finite() { format!("from {least} to {most}") } else { format!("{least} or more") };
            self.breaks(node, format!("`{of}.{field}` is a number {range}"));
        }
    }

    fn breaks(&mut self, node: &Node, rule: impl std::fmt::Display) {
        self.findings.at(
            &codes::SCHEMA_CLAIM,
            node,
            format!("claims {} and breaks its rule: {rule}", self.schema),
        );
    }
}

fn list(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_array).unwrap_or_default()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_kebab(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
