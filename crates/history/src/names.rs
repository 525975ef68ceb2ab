//! Ref names from ids, and tree entry names from paths. Both are percent-encoded, so that any id and any path can
//! be stored, and both can be read back.

use genesis_domain::{ExperimentId, TemplateId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Where templates' branches are.
pub(crate) const TEMPLATES: &str = "refs/heads/templates/";
/// Where experiments are.
pub(crate) const EXPERIMENTS: &str = "refs/experiments/";
/// Where a mirror has the refs of all instances.
pub(crate) const INSTANCES: &str = "refs/instances/";

/// A file name may have 255 bytes on common file systems, and git appends `.lock`.
const MOST_COMPONENT_BYTES: usize = 200;

const REF_ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// What stays readable in a path: what no file system, shell listing or `git fsck` takes offence at.
const PATH_ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'+')
    .remove(b'@')
    .remove(b'=')
    .remove(b',')
    .remove(b' ')
    .remove(b'#')
    .remove(b'(')
    .remove(b')')
    .remove(b'[')
    .remove(b']');

/// The name of a template's branch.
///
/// A slash in the id is encoded too, so that `a` and `a/b` can both exist. An id too long for a file name is cut
/// into folders; a lone `%` at the end of a folder says that the id goes on.
pub fn template_ref(id: &TemplateId) -> String {
    let mut encoded = utf8_percent_encode(id.as_str(), REF_ESCAPED).to_string();
    if encoded.len() > MOST_COMPONENT_BYTES {
        // A cut may fall beside any dot.
        encoded = encoded.replace('.', "%2E");
    } else {
        encoded = escape_ref_dots(&encoded);
    }
    let mut name = TEMPLATES.to_owned();
    let mut rest = encoded.as_str();
    while rest.len() > MOST_COMPONENT_BYTES {
        let mut cut = MOST_COMPONENT_BYTES - 1;
        while rest.as_bytes()[cut - 2..cut].contains(&b'%') {
            cut -= 1;
        }
        name.push_str(&rest[..cut]);
        name.push_str("%/");
        rest = &rest[cut..];
    }
    name.push_str(rest);
    name
}

/// The name of an experiment's ref.
pub fn experiment_ref(id: ExperimentId) -> String {
    format!("{EXPERIMENTS}{id}")
}

/// The template of a branch; `None` when the name is not one that [`template_ref`] makes.
pub(crate) fn template_of(name: &str) -> Option<TemplateId> {
    let encoded = name.strip_prefix(TEMPLATES)?.replace("%/", "");
    let text = percent_decode_str(&encoded).decode_utf8().ok()?;
    let id = TemplateId::new(&text).ok()?;
    (template_ref(&id) == name).then_some(id)
}

/// The experiment of a ref; `None` when the name is not one that [`experiment_ref`] makes.
pub(crate) fn experiment_of(name: &str) -> Option<ExperimentId> {
    let id = name.strip_prefix(EXPERIMENTS)?.parse::<ExperimentId>().ok()?;
    (experiment_ref(id) == name).then_some(id)
}

/// The instance of a mirror's ref, and the ref's name in the instance's own repository.
pub(crate) fn mirrored(name: &str) -> Option<(&str, String)> {
    let (instance, rest) = name.strip_prefix(INSTANCES)?.split_once('/')?;
    let own = if rest.starts_with("experiments/") {
        format!("refs/{rest}")
    } else if rest.starts_with("templates/") {
        format!("refs/heads/{rest}")
    } else {
        return None;
    };
    Some((instance, own))
}

/// Git refuses a dot at the start or the end of a component, two in a row, and `.lock` at the end.
fn escape_ref_dots(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len() + 8);
    for (at, c) in encoded.char_indices() {
        let rest = &encoded[at..];
        if c == '.' && (at == 0 || out.ends_with('.') || rest == "." || rest == ".lock") {
            out.push_str("%2E");
        } else {
            out.push(c);
        }
    }
    out
}

/// The entry name of one component of a path. Total: a lone `%` is the empty component.
pub(crate) fn entry_name(component: &str) -> String {
    if component.is_empty() {
        return "%".to_owned();
    }
    let encoded = utf8_percent_encode(component, PATH_ESCAPED).to_string();
    let lower = encoded.to_ascii_lowercase();
    // `.git` is refused by git; `.gitmodules` and `.gitattributes` are parsed by `git fsck`, which then complains of
    // what a candidate wrote into them. Git's short name on Windows, `git~1`, has its tilde encoded anyway.
    let special = lower == "."
        || lower == ".."
        || (lower.starts_with(".git") && !matches!(lower.as_str(), ".gitignore" | ".gitkeep" | ".github"));
    let mut out = if special { format!("%{:02X}{}", encoded.as_bytes()[0], &encoded[1..]) } else { encoded };
    // Windows drops dots and spaces at the end of a name.
    if let Some(last @ ('.' | ' ')) = out.chars().next_back() {
        out.pop();
        out.push_str(if last == '.' { "%2E" } else { "%20" });
    }
    out
}

/// The entry name of a file where a folder of the same name is.
pub(crate) fn entry_name_beside_folder(component: &str) -> String {
    format!("{}%", entry_name(component))
}

/// The component of a path that an entry name stands for; `None` when it is not one that this crate writes.
pub(crate) fn component_of(entry: &str) -> Option<String> {
    let text = if entry == "%" || entry == "%%" { "" } else { entry.strip_suffix('%').unwrap_or(entry) };
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> TemplateId {
        TemplateId::new(text).unwrap()
    }

    #[test]
    fn hard_ids_have_valid_branches_that_read_back() {
        let long = "ü/.a".repeat(40);
        for text in [
            "quality_template:elixir-production",
            "a",
            "a/b",
            "a..b",
            ".a",
            "a.",
            "a.lock",
            "a@{1}",
            "@",
            "-x",
            "a//b",
            "a b",
            "a~1",
            "a^",
            "a?*[",
            "HEAD",
            "x.lock.lock",
            "%",
            "%2F",
            "...",
            "日本",
            "a.b.c",
            &long,
        ] {
            let name = template_ref(&id(text));
            assert!(git2::Reference::is_valid_name(&name), "{text} gave {name}");
            assert!(name.split('/').all(|part| part.len() <= MOST_COMPONENT_BYTES), "{name}");
            assert_eq!(template_of(&name), Some(id(text)), "{name}");
        }
    }

    #[test]
    fn an_id_and_its_extension_by_a_slash_do_not_collide() {
        assert_eq!(template_ref(&id("a")), "refs/heads/templates/a");
        assert_eq!(template_ref(&id("a/b")), "refs/heads/templates/a%2Fb");
    }

    #[test]
    fn a_name_that_this_crate_does_not_make_is_no_template() {
        for name in [
            "refs/heads/templates/",
            "refs/heads/templates/a/b",
            "refs/heads/main",
            "refs/heads/templates/%61",
        ] {
            assert_eq!(template_of(name), None, "{name}");
        }
    }

    #[test]
    fn names_that_git_or_a_file_system_would_mind_are_encoded() {
        assert_eq!(entry_name(".git"), "%2Egit");
        assert_eq!(entry_name(".GITmodules"), "%2EGITmodules");
        assert_eq!(entry_name("GIT~1"), "GIT%7E1");
        assert_eq!(entry_name(".."), "%2E%2E");
        assert_eq!(entry_name("."), "%2E");
        assert_eq!(entry_name("con. "), "con.%20");
        assert_eq!(entry_name(".gitignore"), ".gitignore");
    }

    proptest! {
        #[test]
        fn every_id_has_a_valid_branch_that_reads_back(text in "[ -~é日.%/@{}]{1,60}") {
            if let Ok(id) = TemplateId::new(&text) {
                let name = template_ref(&id);
                prop_assert!(git2::Reference::is_valid_name(&name));
                prop_assert_eq!(template_of(&name), Some(id));
            }
        }

        #[test]
        fn every_component_reads_back(text in "\\PC{0,20}|[.git~%A-Z ]{0,8}|.{0,10}") {
            let plain = entry_name(&text);
            let beside = entry_name_beside_folder(&text);
            prop_assert_ne!(&plain, &beside);
            prop_assert_eq!(component_of(&plain), Some(text.clone()));
            prop_assert_eq!(component_of(&beside), Some(text));
            prop_assert!(!plain.contains('/') && !plain.starts_with(".git/"));
        }
    }
}
