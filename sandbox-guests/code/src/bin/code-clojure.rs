//! Parses and lints Clojure.

use genesis_code::languages::CLOJURE;

genesis_code::module! {
    name: "clojure",
    languages: ["clojure"],
    description: "parses and lints Clojure",
    grammars: [CLOJURE],
    packs: ["clojure"],
}
