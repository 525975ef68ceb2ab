use proptest::prelude::*;

use crate::engine;
use crate::scan::{self, is_plain};

fn plain(text: &str) -> bool {
    scan::scan(text).is_ok_and(|tags| is_plain(text, &tags))
}

#[test]
fn what_templates_are_made_of_is_plain() {
    let texts = [
        "no tags",
        "{{x}} {{ x.y-z.0 }} {{{x}}} {{this}} {{this.x}} {{../x}} {{@index}} {{@root.x}}",
        "{{#if (eq transport \"http\")}}a{{else if (and a (not b))}}b{{else}}c{{/if}}",
        "{{#each rows as |row i|}}{{row.name}} {{lookup ../names i}}{{/each}}",
        "{{> base/part.hbs name=title other=\"}}\" n=12}} {{!-- {{no}} --}} {{! no }}",
    ];
    for text in texts {
        assert!(plain(text), "{text}");
        assert!(engine::compile(text).is_ok(), "{text}");
    }
}

#[test]
fn what_the_engine_reads_otherwise_is_not_plain() {
    let texts = [
        "{{len as}}",
        "{{as}}",
        "{{~x}}",
        "{{x~}}",
        "{{&x}}",
        "{{^}}",
        "\\{{x}}",
        "{{#a.b x}}{{/a.b}}",
        "{{x.y z}}",
        "{{[x y]}}",
        "{{x 1.5}}",
        "{{x \"\\q\"}}",
        "{{x \"a\nb\"}}",
        "{{x 012}}",
        "{{x true.y}}",
        "{{x [1]}}",
        "{{x ()}}",
        "{{{{raw}}}}{{{{/raw}}}}",
        "{{#if x}}{{^}}{{/if}}",
        "{{#if x}}{{else~}}{{/if}}",
        "{{x elsewhere}}",
        "{{é}}",
    ];
    for text in texts {
        assert!(!plain(text), "{text}");
    }
}

/// Pieces of tags, of which most sequences are none.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{{{",
        "}}}",
        "{{#",
        "{{/",
        "{{else",
        "{{else ",
        "{{>",
        "{{!",
        "{{!--",
        "--}}",
        "~",
        "&",
        "^",
        "(",
        ")",
        " ",
        "\n",
        "\t",
        "x",
        "y",
        "if",
        "each",
        "as",
        "else",
        "elsewhere",
        "true",
        "null",
        "this",
        ".",
        "/",
        "../",
        "@",
        "@root",
        "@index",
        "1",
        "-1",
        "1.5",
        "\"",
        "'",
        "\"s\"",
        "'s'",
        "=",
        "k=",
        "|",
        "|a b|",
        "\\",
        "[",
        "]",
        "é",
        "_",
        "-",
        "$",
        ":",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// One of what is plain, and now and then one of what is odd.
fn mostly(plain: &[&'static str], odd: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    let one_of = |choices: &[&'static str]| prop::sample::select(choices.to_vec()).prop_map(str::to_owned);
    prop_oneof![20 => one_of(plain), 1 => one_of(odd)]
}

fn word() -> impl Strategy<Value = String> {
    let odd = ["as", "asx", "else", "elsey", "true", "truer", "null", "thisx", "1x", "x$", "x:y", "é"];
    mostly(&["a", "if", "is", "x-y", "x1", "_", "this", "E"], &odd)
}

fn path() -> impl Strategy<Value = String> {
    let before = mostly(&["", "", "../", "@"], &["@root.", "this.", "./", "@../", "../@"]);
    let names = prop::collection::vec(word(), 1..3);
    (before, names, mostly(&["."], &["/"]))
        .prop_map(|(before, names, between)| format!("{before}{}", names.join(&between)))
}

fn parameter() -> impl Strategy<Value = String> {
    let odd = ["-1", "1.5", "1e5", "1x", "012", "\"\\n\"", "\"\\q\"", "\"a\nb\"", "[1]", "{\"a\":1}"];
    let literal = mostly(&["1", "12", "0", "true", "null", "\"s\"", "'s'", "\"}}\"", "'\"'", "\"é\""], &odd);
    let leaf = prop_oneof![path(), literal];
    leaf.prop_recursive(3, 12, 3, |inner| {
        (word(), prop::collection::vec(inner, 1..3), blank())
            .prop_map(|(name, params, blank)| format!("({name}{blank}{})", params.join(" ")))
    })
}

fn blank() -> impl Strategy<Value = String> {
    mostly(&[" ", "\n", "  "], &[""])
}

/// What stands behind a name.
fn arguments() -> impl Strategy<Value = String> {
    let argument = prop_oneof![
        4 => parameter(),
        1 => (word(), blank(), parameter()).prop_map(|(key, blank, value)| format!("{key}={blank}{value}")),
    ];
    let arguments = prop::collection::vec((blank(), argument), 0..3);
    (arguments, mostly(&["", " "], &["\t"])).prop_map(|(arguments, blank)| {
        let arguments = arguments.into_iter().map(|(before, argument)| before + &argument);
        arguments.collect::<String>() + &blank
    })
}

fn template() -> impl Strategy<Value = String> {
    let edge = || mostly(&["", " "], &["~", "&", "^"]);
    let print = (edge(), path(), arguments(), edge(), any::<bool>());
    let print = print.prop_map(|(open, name, arguments, close, thrice)| {
        let (left, right) = if thrice { ("{{{", "}}}") } else { ("{{", "}}") };
        format!("{left}{open}{name}{arguments}{close}{right}")
    });
    let partial = (blank(), path(), arguments());
    let partial = partial.prop_map(|(blank, name, arguments)| format!("{{{{>{blank}{name}{arguments}}}}}"));
    let leaf = prop_oneof![
        4 => mostly(&["", "a ", "\n", "}}", "é", "} }"], &["{", "\\", "\\\\"]),
        4 => print,
        1 => partial,
        1 => mostly(&["{{! a }}", "{{!-- a --}}", "{{!-- {{x}} --}}", "{{!--a}}"], &["{{! -- a }}"]),
    ];
    let tree = leaf.prop_recursive(3, 24, 4, move |inner| {
        let params = mostly(&["", " as |a|", " as |a b|"], &[" as |as else|", "as|a|"]);
        let otherwise =
            mostly(&["", "{{else}}", "{{else if x}}"], &["{{^}}", "{{else~}}", "{{else  }}", "{{else(x)}}"]);
        (word(), arguments(), params, prop::collection::vec(inner, 0..3), otherwise).prop_map(
            |(name, arguments, params, inside, otherwise)| {
                let inside = inside.concat();
                format!("{{{{#{name}{arguments}{params}}}}}{inside}{otherwise}{inside}{{{{/{name}}}}}")
            },
        )
    });
    prop::collection::vec(tree, 1..3).prop_map(|trees| trees.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_engine_reads_pieces_that_are_plain(text in pieces()) {
        if plain(&text) {
            prop_assert!(engine::compile(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn the_engine_reads_templates_that_are_plain(text in template()) {
        if plain(&text) {
            prop_assert!(engine::compile(&text).is_ok(), "{}", text);
        }
    }
}
