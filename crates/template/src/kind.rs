//! Kinds of templates, recognised by shape: no field tells them apart.

use std::fmt;

use crate::json::Node;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Requirements, prompts, questions and a changelog for code of one language.
    QualityTemplate,
    /// Requirements that others extend; a phase or domain is one as well.
    QualityStandard,
    /// Joins quality standards.
    Composite,
    /// A template wrapped as an artifact, with its questions under `content`.
    Artifact,
    /// Code with variables, under `content`.
    Base,
    /// Code under `content`, in the older schema.
    CodePattern,
    /// Steps and a text that generates code, or a list of files to generate.
    Generator,
    /// Signatures by which a technology is detected.
    Detector,
    /// What idiomatic code of a language looks like.
    LanguageGuide,
    /// A vulnerability with good and bad code.
    Vulnerability,
    /// Vulnerabilities and settings of one framework.
    FrameworkSecurity,
    /// Controls of a compliance framework.
    Compliance,
    /// An architecture and what indicates it.
    ArchitecturePattern,
    /// An architectural smell.
    Smell,
    /// Several files of code, ready to use.
    Snippet,
    /// A prompt for a model.
    Prompt,
    /// One phase of a workflow.
    Workflow,
    /// What is known about packages.
    PackageIntelligence,
    /// A list of templates.
    Registry,
    /// A description of a collection of templates.
    Manifest,
    /// A schema for templates.
    Schema,
    /// One Handlebars text, without a document around it.
    BareText,
    /// None of these.
    Other,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 23] = [
        Self::QualityTemplate,
        Self::QualityStandard,
        Self::Composite,
        Self::Artifact,
        Self::Base,
        Self::CodePattern,
        Self::Generator,
        Self::Detector,
        Self::LanguageGuide,
        Self::Vulnerability,
        Self::FrameworkSecurity,
        Self::Compliance,
        Self::ArchitecturePattern,
        Self::Smell,
        Self::Snippet,
        Self::Prompt,
        Self::Workflow,
        Self::PackageIntelligence,
        Self::Registry,
        Self::Manifest,
        Self::Schema,
        Self::BareText,
        Self::Other,
    ];

    /// The name, as in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QualityTemplate => "quality_template",
            Self::QualityStandard => "quality_standard",
            Self::Composite => "composite",
            Self::Artifact => "artifact",
            Self::Base => "base",
            Self::CodePattern => "code_pattern",
            Self::Generator => "generator",
            Self::Detector => "detector",
            Self::LanguageGuide => "language_guide",
            Self::Vulnerability => "vulnerability",
            Self::FrameworkSecurity => "framework_security",
            Self::Compliance => "compliance",
            Self::ArchitecturePattern => "architecture_pattern",
            Self::Smell => "smell",
            Self::Snippet => "snippet",
            Self::Prompt => "prompt",
            Self::Workflow => "workflow",
            Self::PackageIntelligence => "package_intelligence",
            Self::Registry => "registry",
            Self::Manifest => "manifest",
            Self::Schema => "schema",
            Self::BareText => "bare_text",
            Self::Other => "other",
        }
    }

    /// The kind of a document, by its shape and, where shapes are alike, by its path. Total: what is recognised as
    /// nothing else is [`Kind::Other`].
    pub fn of(root: &Node, path: &str) -> Self {
        let shape = Shape { root, path };
        shape
            .about_templates()
            .or_else(|| shape.quality())
            .or_else(|| shape.data())
            .unwrap_or_else(|| shape.code())
    }

    /// Whether it is a template, rather than a text about templates.
    pub fn is_template(self) -> bool {
        !matches!(self, Self::Registry | Self::Manifest | Self::Schema)
    }

    /// Whether a document of this kind keeps a changelog.
    pub fn carries_changelog(self) -> bool {
        self == Self::QualityTemplate
    }

    /// Whether a document of this kind has a version of its own.
    pub fn carries_version(self) -> bool {
        !matches!(
            self,
            Self::Detector
                | Self::LanguageGuide
                | Self::FrameworkSecurity
                | Self::Smell
                | Self::Registry
                | Self::Manifest
                | Self::Schema
                | Self::BareText
                | Self::Other
        )
    }

    /// Where a document of this kind has its id, the best first. An `id` at the top is one for every kind.
    pub fn id_fields(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Artifact => &[&["identifier"], &["id"], &["template_id"]],
            Self::CodePattern => &[&["metadata", "id"], &["id"]],
            Self::Detector => &[&["id"], &["name"]],
            Self::Vulnerability | Self::Smell | Self::PackageIntelligence => &[&["pattern_id"], &["id"]],
            Self::FrameworkSecurity | Self::Compliance => &[&["framework_id"], &["id"]],
            Self::Registry | Self::Manifest | Self::Schema | Self::BareText => &[],
            _ => &[&["id"], &["template_id"]],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A document, asked for the fields that tell kinds apart.
struct Shape<'a> {
    root: &'a Node,
    path: &'a str,
}

impl Shape<'_> {
    fn about_templates(&self) -> Option<Kind> {
        if self.has("template_registry") {
            return Some(Kind::Registry);
        }
        if self.has("template_architecture")
            || self.is_list("templates") && (self.has("generated_at") || self.has("notes"))
        {
            return Some(Kind::Manifest);
        }
        let declares = self.text("$schema").is_some_and(|schema| schema.contains("json-schema.org"));
        (declares || self.text("type") == Some("object") && self.is_object("properties"))
            .then_some(Kind::Schema)
    }

    fn quality(&self) -> Option<Kind> {
        if self.text("artifact_type") == Some("quality_template") {
            return Some(Kind::Artifact);
        }
        let spec = self.has("spec_version");
        if self.text("type") == Some("composite") || spec && (self.has("overrides") || self.has("merges")) {
            return Some(Kind::Composite);
        }
        // Questions and a changelog make it a template of its own, whatever it extends.
        let asks = self.has("questions") || self.has("changelog");
        if spec && !asks && ["extends", "quality_gates", "phase", "domain"].iter().any(|key| self.has(key)) {
            return Some(Kind::QualityStandard);
        }
        let quality = spec
            || self.is_object("graph_model")
            || self.has("quality_level")
                && (self.has("requirements") || self.has("questions") || self.has("prompts"));
        quality.then_some(Kind::QualityTemplate)
    }

    fn data(&self) -> Option<Kind> {
        Some(if self.has("cwe") {
            Kind::Vulnerability
        } else if self.has("compliance_controls") {
            Kind::Compliance
        } else if self.has("security_settings") {
            Kind::FrameworkSecurity
        } else if self.has("indicators") && self.has("llm_team_validation")
            || self.text("category") == Some("architecture")
        {
            Kind::ArchitecturePattern
        } else if self.text("type") == Some("architecture_smell")
            || self.has("pattern_id") && self.has("severity")
        {
            Kind::Smell
        } else if self.text("artifact_type") == Some("package_intelligence") || self.has("pattern_id") {
            Kind::PackageIntelligence
        } else {
            return None;
        })
    }

    fn code(&self) -> Kind {
        let schema = self.text("$schema").unwrap_or_default();
        if schema.ends_with("/template/v1") {
            return Kind::CodePattern;
        }
        if self.is_object("snippets") {
            return Kind::Snippet;
        }
        let category = self.text("category");
        if schema.ends_with("UNIFIED_TEMPLATE_SCHEMA.json")
            || self.is_object("content") && category.is_some()
            || matches!(category, Some("base" | "code_generation"))
        {
            return Kind::Base;
        }
        if self.is_object("content") && self.has("metadata") && self.has("version") {
            return Kind::CodePattern;
        }
        if self.has("phase") && self.has("instruction") || self.lies_in("workflows") {
            return Kind::Workflow;
        }
        if self.has("prompt_template") || self.lies_in("prompt_library") || self.lies_in("enrichment_prompts")
        {
            return Kind::Prompt;
        }
        if self.has("template_content") || self.is_list("generated_files") {
            return Kind::Generator;
        }
        if self.has("detector_signatures") || self.has("detect") {
            return Kind::Detector;
        }
        if self.has("ai_signature") {
            return Kind::Prompt;
        }
        if self.has("style_guide") || self.has("common_patterns") {
            return Kind::LanguageGuide;
        }
        Kind::Other
    }

    fn has(&self, key: &str) -> bool {
        self.root.get(key).is_some_and(|node| !node.is_null())
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.root.get(key).and_then(Node::as_str)
    }

    fn is_object(&self, key: &str) -> bool {
        self.root.get(key).and_then(Node::as_object).is_some()
    }

    fn is_list(&self, key: &str) -> bool {
        self.root.get(key).and_then(Node::as_array).is_some()
    }

    fn lies_in(&self, folder: &str) -> bool {
        self.path.split('/').rev().skip(1).any(|part| part == folder)
    }
}

#[cfg(test)]
mod tests;
