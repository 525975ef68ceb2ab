//! Parses and lints Python.

use genesis_code::languages::PYTHON;

genesis_code::module! {
    name: "python",
    languages: ["python"],
    description: "parses and lints Python",
    grammars: [PYTHON],
    packs: ["python"],
}
