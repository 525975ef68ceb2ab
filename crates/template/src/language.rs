//! Which language a text is in: by its file's name, or by what people call the language.

/// A language that genesis knows by name. That it can be parsed or run is another question: guests say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language {
    /// The id, such as `csharp`.
    pub id: &'static str,
    /// Its name for people, such as `C#`.
    pub name: &'static str,
    /// Other words for it, in lower case.
    pub aliases: &'static [&'static str],
    /// Extensions of its files, without the dot, in lower case.
    pub extensions: &'static [&'static str],
    /// Names of files that are of this language whatever their extension.
    pub file_names: &'static [&'static str],
}

const fn language(
    id: &'static str,
    name: &'static str,
    aliases: &'static [&'static str],
    extensions: &'static [&'static str],
    file_names: &'static [&'static str],
) -> Language {
    Language { id, name, aliases, extensions, file_names }
}

/// Every language that is known, by id in order.
pub const LANGUAGES: &[Language] = &[
    language(
        "bash",
        "Bash",
        &["sh", "shell", "shellscript", "zsh"],
        &["sh", "bash"],
        &[".bashrc", ".profile"],
    ),
    language("c", "C", &[], &["c", "h"], &[]),
    language("clojure", "Clojure", &["clj"], &["clj", "cljs", "cljc", "edn"], &[]),
    language("cpp", "C++", &["c++", "cc", "cxx"], &["cpp", "cc", "cxx", "hpp", "hh", "hxx"], &[]),
    language("csharp", "C#", &["c#", "c_sharp", "c-sharp", "cs"], &["cs"], &[]),
    language("css", "CSS", &[], &["css"], &[]),
    language("dart", "Dart", &[], &["dart"], &[]),
    language("elixir", "Elixir", &["ex"], &["ex", "exs"], &[]),
    language("erlang", "Erlang", &["erl"], &["erl", "hrl"], &["rebar.config"]),
    language("gleam", "Gleam", &[], &["gleam"], &[]),
    language("go", "Go", &["golang"], &["go"], &[]),
    language("haskell", "Haskell", &["hs"], &["hs"], &[]),
    language("html", "HTML", &[], &["html", "htm"], &[]),
    language("java", "Java", &[], &["java"], &[]),
    language("javascript", "JavaScript", &["js", "node", "nodejs", "jsx"], &["js", "mjs", "cjs", "jsx"], &[]),
    language("json", "JSON", &[], &["json"], &[]),
    language("kotlin", "Kotlin", &["kt"], &["kt", "kts"], &[]),
    language("lua", "Lua", &[], &["lua"], &[]),
    language("markdown", "Markdown", &["md"], &["md", "markdown"], &[]),
    language("ocaml", "OCaml", &[], &["ml", "mli"], &[]),
    language("php", "PHP", &[], &["php"], &[]),
    language("python", "Python", &["py", "python3"], &["py", "pyi"], &[]),
    language("ruby", "Ruby", &["rb"], &["rb", "rake", "gemspec"], &["Rakefile", "Gemfile"]),
    language("rust", "Rust", &["rs"], &["rs"], &[]),
    language("scala", "Scala", &[], &["scala", "sc", "sbt"], &[]),
    language("sql", "SQL", &[], &["sql"], &[]),
    language("swift", "Swift", &[], &["swift"], &[]),
    language("toml", "TOML", &[], &["toml"], &["Cargo.lock"]),
    language(
        "tsx",
        "TSX",
        &["typescript_tsx", "typescript-tsx", "typescriptreact", "react", "tsx_component"],
        &["tsx"],
        &[],
    ),
    language("typescript", "TypeScript", &["ts"], &["ts", "mts", "cts"], &[]),
    language("yaml", "YAML", &["yml"], &["yaml", "yml"], &[]),
    language("zig", "Zig", &[], &["zig"], &[]),
];

/// The language of this id or name; case, and spaces around it, do not matter.
pub fn language_named(name: &str) -> Option<&'static Language> {
    let name = name.trim().to_lowercase();
    LANGUAGES
        .iter()
        .find(|language| language.id == name || language.aliases.contains(&name.as_str()))
        .or_else(|| LANGUAGES.iter().find(|language| language.name.to_lowercase() == name))
}

/// The language that a file's name tells.
pub fn language_of_path(path: &str) -> Option<&'static Language> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(language) = LANGUAGES.iter().find(|language| language.file_names.contains(&name)) {
        return Some(language);
    }
    let extension = name.rsplit_once('.')?.1.to_lowercase();
    LANGUAGES.iter().find(|language| language.extensions.contains(&extension.as_str()))
}

/// The language that the name of a template's file tells of what it renders, where the file is the template: its extension
/// within, as in `worker.ex.hbs`, else the language as first or last word, as in `elixir-worker.hbs`.
pub fn language_of_template_path(path: &str) -> Option<&'static Language> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (rendered, _) = name.rsplit_once('.')?;
    if let Some(language) = language_of_path(rendered) {
        return Some(language);
    }
    // Short names are words as well: `go` and `c`.
    let named = |word: &str| LANGUAGES.iter().find(|language| language.id.len() > 2 && language.id == word);
    let lower = rendered.to_lowercase();
    let mut words = lower.split(['-', '_', '.']);
    named(words.next()?).or_else(|| named(words.next_back()?))
}

/// Whether a file is one of tests, by the usual names: `test_x.py`, `x_test.go`, `x.test.ts`, `x.spec.js`, `XTest.java`.
pub fn is_test_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, extension)) = name.split_once('.') else { return false };
    let lower = stem.to_lowercase();
    let dotted = extension.split('.').next().is_some_and(|part| matches!(part, "test" | "spec"));
    lower.starts_with("test_")
        || lower.ends_with("_test")
        || lower.ends_with("_spec")
        || lower == "test"
        || dotted
        || (stem.ends_with("Test") || stem.ends_with("Tests"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_extension_means_two_languages() {
        let mut names: Vec<&str> = LANGUAGES
            .iter()
            .flat_map(|one| [one.id].into_iter().chain(one.aliases.iter().copied()))
            .collect();
        let mut extensions: Vec<&str> =
            LANGUAGES.iter().flat_map(|one| one.extensions.iter().copied()).collect();
        for list in [&mut names, &mut extensions] {
            let count = list.len();
            list.sort_unstable();
            list.dedup();
            assert_eq!(list.len(), count, "{list:?}");
        }
        assert!(LANGUAGES.is_sorted_by_key(|language| language.id));
    }

    #[test]
    fn a_language_is_known_by_what_people_call_it() {
        let id = |name: &str| language_named(name).map(|language| language.id);
        assert_eq!(id(" Elixir "), Some("elixir"));
        assert_eq!(id("C#"), Some("csharp"));
        assert_eq!(id("typescript_tsx"), Some("tsx"));
        assert_eq!(id("brainfuck"), None);
        assert_eq!(id(""), None);
    }

    #[test]
    fn a_path_tells_its_language_by_its_last_extension() {
        let id = |path: &str| language_of_path(path).map(|language| language.id);
        assert_eq!(id("lib/app.test.TS"), Some("typescript"));
        assert_eq!(id("Gemfile"), Some("ruby"));
        assert_eq!(id("a.b/c"), None);
        assert_eq!(id("notes.txt"), None);
    }

    #[test]
    fn a_template_that_is_a_file_tells_its_language_by_its_name() {
        let id = |path: &str| language_of_template_path(path).map(|language| language.id);
        assert_eq!(id("a/worker.ex.hbs"), Some("elixir"));
        assert_eq!(id("elixir-nats-consumer.hbs"), Some("elixir"));
        assert_eq!(id("worker_rust.hbs"), Some("rust"));
        for path in ["elixir/worker.hbs", "go-live.hbs", "nats_consumer.hbs", "elixir", "worker.ex/a.hbs"] {
            assert_eq!(id(path), None, "{path}");
        }
    }

    #[test]
    fn tests_are_told_by_their_usual_names() {
        for path in ["tests/test_app.py", "app_test.exs", "src/app.test.ts", "a.spec.js", "AppTest.java"] {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["app.py", "contest.py", "latest.js", "testing/app.go", "Makefile"] {
            assert!(!is_test_path(path), "{path}");
        }
    }
}
