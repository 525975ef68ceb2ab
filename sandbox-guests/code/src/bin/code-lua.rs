//! Parses and lints Lua.

use genesis_code::languages::LUA;

genesis_code::module! {
    name: "lua",
    languages: ["lua"],
    description: "parses and lints Lua",
    grammars: [LUA],
}
