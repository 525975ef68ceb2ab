//! Parses and lints Java.

use genesis_code::languages::JAVA;

genesis_code::module! {
    name: "java",
    languages: ["java"],
    description: "parses and lints Java",
    grammars: [JAVA],
    packs: ["java"],
}
