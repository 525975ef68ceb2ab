//! Parses and lints Zig.

use genesis_code::languages::ZIG;

genesis_code::module! {
    name: "zig",
    languages: ["zig"],
    description: "parses and lints Zig",
    grammars: [ZIG],
}
