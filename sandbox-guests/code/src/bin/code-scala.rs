//! Parses and lints Scala.

use genesis_code::languages::SCALA;

genesis_code::module! {
    name: "scala",
    languages: ["scala"],
    description: "parses and lints Scala",
    grammars: [SCALA],
    packs: ["scala"],
}
