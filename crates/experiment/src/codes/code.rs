//! Codes of findings that guests give of generated code.

use genesis_abi::code::{
    NO_TESTS, RULE_INVALID, RULE_NEVER_MATCHES, RUN_RAISED, SYNTAX_ERROR, SYNTAX_MISSING, SYNTAX_RESERVED,
    SYNTAX_TOO_LARGE, TEST_FAILED,
};

use super::HostCode;

/// Every code that the guests for code give, but for the ids of lint rules, which stand in the rules themselves.
pub const CODE_CODES: &[HostCode] = &[
    HostCode {
        code: SYNTAX_ERROR,
        name: "syntax-error",
        summary: "the text is not of its language",
        explanation: "The parser came to a place where nothing that the language allows can stand. What it met is in \
                      the message, the place is where it gave up, which may lie behind the cause: an open bracket or \
                      block before it is worth a look. Whether the parser is the language's own or a grammar made for \
                      editors, which lets some wrong texts pass, is said with the report (`exact`).",
    },
    HostCode {
        code: SYNTAX_MISSING,
        name: "syntax-missing",
        summary: "something that the language requires is not there",
        explanation: "The text makes sense with one more word or sign, such as a closing bracket, `end` or `;`, and it \
                      is not there. The place is where it should stand.",
    },
    HostCode {
        code: SYNTAX_RESERVED,
        name: "syntax-reserved",
        summary: "a reserved word stands where only a name can",
        explanation: "A word that the language keeps for itself is used as a name. Most often it is left over: a \
                      surplus `end` reads like the name of a variable to a grammar, and is an error to the compiler.",
    },
    HostCode {
        code: SYNTAX_TOO_LARGE,
        name: "syntax-too-large",
        summary: "a text is too large, or too deeply nested, to be looked at",
        explanation: "Nothing was said of this text, good or bad, because looking at it would cost more than a guest \
                      may spend. Generate less into one file, or look at it with a tool of its own.",
    },
    HostCode {
        code: RULE_INVALID,
        name: "rule-invalid",
        summary: "a lint rule cannot be read",
        explanation: "A rule in ast-grep's format is wrong: a key is missing or unknown, or its pattern is not of the \
                      rule's language. The rule was not applied, so that it found nothing says nothing.",
    },
    HostCode {
        code: RULE_NEVER_MATCHES,
        name: "rule-never-matches",
        summary: "a lint rule can never match anything",
        explanation: "The rule asks for something that the language's grammar does not have, such as a kind of node \
                      that is spelled otherwise. A rule that cannot match passes everything; correct it or remove it.",
    },
    HostCode {
        code: RUN_RAISED,
        name: "run-raised",
        summary: "the code raised an error outside of any test",
        explanation: "The code was loaded in a guest that runs its language, and ended with an error before its tests \
                      could run, or between them. The message is the language's own. Guests have no files, no network \
                      and no packages but the language's own library.",
    },
    HostCode {
        code: TEST_FAILED,
        name: "test-failed",
        summary: "a test failed",
        explanation: "What a test asserts of the code does not hold, or the test raised an error. The test and its line \
                      are in the place, what it saw is in the message.",
    },
    HostCode {
        code: NO_TESTS,
        name: "no-tests",
        summary: "there was no test to be run",
        explanation: "The code was to be tested and nothing that was found is a test. Zero tests are no success: name \
                      tests as the language's runner finds them.",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::HOST_CODES;

    #[test]
    fn every_code_is_explained_once() {
        let all = || HOST_CODES.iter().chain(CODE_CODES);
        for words in [all().map(|code| code.code).collect::<Vec<_>>(), all().map(|code| code.name).collect()]
        {
            assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len(), "{words:?}");
        }
        let declared = include_str!("../../../abi/src/code.rs");
        let count =
            declared.lines().filter(|line| line.starts_with("pub const ") && line.contains("\"C0")).count();
        assert_eq!(count, CODE_CODES.len(), "each constant of abi's `code` has its entry");
    }
}
