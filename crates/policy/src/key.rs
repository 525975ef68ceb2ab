//! The table of all settings that a policy file may hold.

use crate::value::Kind;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Section and key, such as `limits.fuel`.
    pub(crate) path: &'static str,
    /// What values it takes.
    pub(crate) kind: Kind,
}

pub(crate) const PROFILES: &[&str] = &["legacy", "standard", "strict"];
pub(crate) const RISKS: &[&str] = &["low", "medium", "high"];
pub(crate) const CLASSES: &[&str] = &["small", "large"];
pub(crate) const SELECTIONS: &[&str] = &["defaults", "each-alone", "pairwise"];
pub(crate) const ISOLATIONS: &[&str] = &["in-process", "worker"];

/// Lists of tables, by name.
pub(crate) const LISTS: [&str; 6] = ["check", "rule", "minimum", "exception", "suite", "lint"];

/// Text at the top of a file.
pub(crate) const HEAD: [&str; 3] = ["name", "description", "extends"];

/// Section of limits for one guest; the guest's name follows.
pub(crate) const GUEST_PREFIX: &str = "limits.guest.";

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const fn key(path: &'static str, kind: Kind) -> Key {
    Key { path, kind }
}

const fn count(path: &'static str, least: u64, most: u64) -> Key {
    key(path, Kind::Count { least, most })
}

const fn bytes(path: &'static str, most: u64) -> Key {
    key(path, Kind::Bytes { most })
}

const fn word(path: &'static str, words: &'static [&'static str]) -> Key {
    key(path, Kind::Word(words))
}

const fn flag(path: &'static str) -> Key {
    key(path, Kind::Flag)
}

/// Every setting, in the order in which a policy is written out. Upper bounds keep a typing mistake from switching a
/// limit off; wasm memory ends at 4 GiB and a table's index at 2^32 whatever a policy says. A limit has the name that
/// `genesis_abi::LimitName` gives it in reports.
pub(crate) const KEYS: [Key; 69] = [
    word("profile.validator", PROFILES),
    word("profile.minimum", PROFILES),
    word("limits.class", CLASSES),
    count("limits.fuel", 1, 1 << 53),
    key("limits.wall_time_ms", Kind::Millis { most: 3_600_000 }),
    bytes("limits.memory_bytes", 4 * GIB),
    count("limits.table_elements", 1, 1 << 32),
    bytes("limits.stdout_bytes", GIB),
    bytes("limits.stderr_bytes", GIB),
    count("limits.host_calls", 1, 1 << 40),
    bytes("max.template_bytes", GIB),
    count("max.depth", 1, 512),
    count("max.nodes", 1, 1 << 32),
    count("max.parts", 0, 1 << 20),
    bytes("max.part_bytes", GIB),
    bytes("max.total_part_bytes", 4 * GIB),
    bytes("max.rendered_bytes", GIB),
    bytes("max.experiment_bytes", 64 * GIB),
    word("max.risk", RISKS),
    bytes("module.module_bytes", GIB),
    count("module.types", 1, 1_000_000),
    count("module.imports", 0, 1_000_000),
    count("module.functions", 1, 10_000_000),
    count("module.tables", 0, 8),
    count("module.memories", 0, 4),
    count("module.globals", 0, 1_000_000),
    count("module.exports", 1, 1_000_000),
    count("module.segments", 0, 1_000_000),
    bytes("module.custom_bytes", GIB),
    bytes("module.name_bytes", 100_000),
    count("module.locals", 1, 50_000),
    count("module.nesting", 1, 4096),
    bytes("module.function_bytes", 128 * MIB),
    count("module.branch_targets", 1, 10_000_000),
    count("module.loops", 0, 8_000),
    count("module.values", 1, 1 << 32),
    count("module.effort", 1, 1 << 40),
    count("module.instances", 1, 128),
    count("module.entries", 1, 1_000_000),
    key("module.compile_time_ms", Kind::Millis { most: 3_600_000 }),
    word("isolation.mode", ISOLATIONS),
    flag("isolation.required"),
    word("plan.risk", RISKS),
    word("plan.minimum_risk", RISKS),
    word("plan.low.selection", SELECTIONS),
    count("plan.low.cases", 1, 100_000),
    count("plan.low.questions", 1, 100_000),
    count("plan.low.choices", 1, 100_000),
    bytes("plan.low.answer_bytes", 64 * MIB),
    flag("plan.low.repeat"),
    word("plan.medium.selection", SELECTIONS),
    count("plan.medium.cases", 1, 100_000),
    count("plan.medium.questions", 1, 100_000),
    count("plan.medium.choices", 1, 100_000),
    bytes("plan.medium.answer_bytes", 64 * MIB),
    flag("plan.medium.repeat"),
    word("plan.high.selection", SELECTIONS),
    count("plan.high.cases", 1, 100_000),
    count("plan.high.questions", 1, 100_000),
    count("plan.high.choices", 1, 100_000),
    bytes("plan.high.answer_bytes", 64 * MIB),
    flag("plan.high.repeat"),
    flag("generate.required"),
    key("cost.fuel_growth_warn", Kind::Ratio),
    key("cost.case_growth", Kind::Ratio),
    key("shadow.factor", Kind::Ratio),
    key("shadow.wall_time_ms", Kind::Millis { most: 3_600_000 }),
    bytes("shadow.memory_bytes", 4 * GIB),
    flag("rollback.automatic"),
];

/// Smallest values that a limit may have, below which no guest can start: one wasm page, and one line.
pub(crate) const LEAST_MEMORY_BYTES: u64 = 64 * KIB;

/// What is known of a path: a setting's kind, also of limits for one guest.
pub(crate) fn kind_of(path: &str) -> Option<Kind> {
    let general = match guest_of(path) {
        Some((_, setting)) => format!("limits.{setting}"),
        None => path.to_owned(),
    };
    KEYS.iter().find(|key| key.path == general).map(|key| key.kind)
}

/// Guest and setting of a path such as `limits.guest.syntax.fuel`. Guests' names hold no dot.
pub(crate) fn guest_of(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix(GUEST_PREFIX)?.split_once('.')
}

/// Whether settings stand below a path.
pub(crate) fn is_section(path: &str) -> bool {
    path == "limits.guest"
        || path.strip_prefix(GUEST_PREFIX).is_some_and(|guest| !guest.contains('.'))
        || KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// Names that may stand directly below a section; `""` is the file itself.
pub(crate) fn names_below(section: &str) -> Vec<&'static str> {
    let section = if guest_of(&format!("{section}.")).is_some() { "limits" } else { section };
    let mut names: Vec<&'static str> = KEYS
        .iter()
        .filter_map(|key| match section {
            "" => Some(key.path),
            _ => key.path.strip_prefix(section)?.strip_prefix('.'),
        })
        .map(|rest| rest.split('.').next().expect("a split has a first part"))
        .collect();
    match section {
        "" => names.extend(HEAD.iter().chain(&LISTS)),
        "limits" => names.push("guest"),
        _ => {}
    }
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_settings_are_told_apart() {
        assert!(is_section("limits") && is_section("plan.low") && is_section("limits.guest"));
        assert!(is_section("limits.guest.validate-template"));
        assert!(!is_section("limits.fuel") && !is_section("lim") && !is_section("limits.guest.a.fuel"));
        assert!(kind_of("limits.guest.a.fuel").is_some() && kind_of("limits.guest.a.fule").is_none());
        assert_eq!(kind_of("limits.guest.a"), None);
    }

    #[test]
    fn names_below_a_section_are_what_may_be_written_there() {
        assert!(names_below("").contains(&"limits") && names_below("").contains(&"rule"));
        assert!(names_below("limits").contains(&"guest"));
        assert!(names_below("limits.guest.x").contains(&"fuel"));
        assert_eq!(names_below("rollback"), ["automatic"]);
    }

    #[test]
    fn no_setting_stands_twice() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(KEYS[index + 1..].iter().all(|other| other.path != key.path), "{}", key.path);
        }
    }
}
