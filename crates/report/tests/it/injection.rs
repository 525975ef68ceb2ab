//! Hostile texts in every field of every format. Each report is read by a parser that is not ours, which must find the
//! text as text and nothing else that it could have become.

use std::collections::BTreeMap;

use genesis_report::{
    Gate, Style, github, github_summary, human_gate, json_gate, junit, markdown, ndjson_gate, sarif,
};
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::gates::hostile;
use crate::validators::{valid_sarif, xml_errors};

/// One text for each thing that a reader of one of the formats could take for more than text.
const TEXTS: [&str; 42] = [
    "::error file=a.js,line=1::injected",
    "\n::error::injected",
    "x\r\n::stop-commands::token",
    "  ::add-mask::a",
    "##[group]injected",
    "a ##[error]injected",
    "%0A::error::injected",
    "%25%0D%0A%3A%2C",
    "a,line=99,title=other:x",
    "\u{1b}[2J\u{1b}[31mred",
    "\u{1b}]8;;https://evil.example\u{7}link",
    "\u{9b}31m",
    "\u{8}\u{8}\u{8}over",
    "\u{202e}reversed\u{2066}isolated\u{200b}hidden\u{feff}",
    "</failure></testcase><testcase name=\"injected\"/>",
    "]]><injected/><![CDATA[",
    "\" injected=\"yes",
    "' injected='yes",
    "&lt;&#0;&unknown;&amp;",
    "<!ENTITY x SYSTEM \"file:///etc/passwd\">",
    "\u{0}\u{1}\u{fffe}\u{ffff}",
    "\",\"injected\":true,\"x\":\"",
    "{{x}} {0} {1}",
    "[link](https://evil.example)",
    "[link](1)",
    "![image](https://evil.example/a.png)",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<!-- hidden -->",
    "</details><h1>injected</h1>",
    "```\n# injected\n```",
    "`` ` ``` ```` `",
    "~~~\n# injected",
    "| a | b |\n|---|---|\n| c \\| d |",
    "\\|\\`\\",
    "@octocat please look",
    "fixes #1, GH-2, octo/cat#3, 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
    "https://evil.example www.evil.example mail@evil.example",
    "[^1] [ref]\n\n[ref]: https://evil.example",
    "# heading\n- [ ] task\n> quote\n---",
    ":tada: $x$ $$y$$",
    "",
];

/// A text as every format shows it: on one line, with escapes for what commands or deceives. Written anew here, from
/// what the formats promise.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || deceives(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn deceives(c: char) -> bool {
    let code = u32::from(c);
    [0xad, 0x61c, 0x180e, 0xfeff].contains(&code)
        || (0x200b..=0x200f).contains(&code)
        || (0x2028..=0x202e).contains(&code)
        || (0x2060..=0x206f).contains(&code)
        || (0xfff9..=0xfffb).contains(&code)
        || (0xe0000..=0xe007f).contains(&code)
}

/// Nothing in the report commands a terminal, and it reads in its own order.
fn assert_plain(report: &str, name: &str) {
    let bad = report.chars().find(|c| *c != '\n' && (c.is_control() || deceives(*c)));
    assert_eq!(bad, None, "{name}: {report}");
}

/// GitHub's runner finds no command in the report, as a log.
fn assert_no_command(report: &str, name: &str) {
    for line in report.lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{name}: {line}");
    }
}

#[test]
fn no_text_is_taken_for_more_in_any_format() {
    for text in TEXTS {
        check_all(text);
        let xml = hostile(text, junit);
        assert_eq!(xml_errors(&xml), "", "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_text_whatever_is_taken_for_more(
        text in prop_oneof![any::<String>(), "[`|<>@#:\\[\\](){}!\\\\&;%,=\n\r\u{1b}\u{202e} a1*_~$.-]{0,24}"]
    ) {
        check_all(&text);
    }
}

fn check_all(text: &str) {
    let plain = Style { color: false, width: 100 };
    for (name, report) in [
        ("human", hostile(text, |gate| human_gate(gate, &plain))),
        ("junit", hostile(text, junit)),
        ("sarif", hostile(text, sarif)),
        ("markdown", hostile(text, markdown)),
        ("summary", hostile(text, github_summary)),
    ] {
        assert_plain(&report, name);
        assert_no_command(&report, name);
    }
    // In JSON every text is whole, so that only what JSON itself escapes is escaped.
    for (name, report) in [("json", hostile(text, json_gate)), ("ndjson", hostile(text, ndjson_gate))] {
        assert!(!report.contains(|c: char| c != '\n' && c.is_ascii_control()), "{name}: {report}");
        assert_no_command(&report, name);
    }
    json_is_whole(text);
    sarif_is_text(text);
    junit_is_text(text);
    annotations_are_text(text);
    for page in [markdown as fn(&Gate<'_>) -> String, github_summary] {
        markdown_is_code(text, &hostile(text, page));
    }
}

fn json_is_whole(text: &str) {
    let gate: Value = serde_json::from_str(&hostile(text, json_gate)).unwrap();
    assert_eq!(gate["base"], text);
    assert_eq!(gate["skipped"][0], serde_json::json!({ "path": text, "why": text }));
    assert_eq!(gate["concerns"][0]["message"], text);
    assert_eq!(gate["templates"][0]["experiment"]["findings"][0]["code"], text);
    assert_eq!(gate["templates"].as_array().unwrap().len(), 6);
    for line in hostile(text, ndjson_gate).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["event"] == "finding" && event["finding"]["code"] == text {
            assert_eq!(event["finding"]["message"], text);
        }
    }
}

fn sarif_is_text(text: &str) {
    let log = valid_sarif(&hostile(text, sarif));
    let expected = shown(text).replace("](", "]\\u{28}");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let own = results.iter().filter(|result| result["message"]["text"].as_str().unwrap().contains(&expected));
    // Two experiments of four findings each on both sides and a verdict, one checked, one unreadable, one failed, one
    // concern.
    assert_eq!(own.count(), 2 * (4 + 4 + 1) + 4, "{results:#?}");
    for result in results {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(
            uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\^`{|}#?".contains(&byte)),
            "{uri}"
        );
        assert!(!uri.contains(':') || uri.starts_with("file:///"), "{uri}");
        assert!(!result["message"]["text"].as_str().unwrap().contains("]("));
    }
}

fn junit_is_text(text: &str) {
    let xml = hostile(text, junit);
    let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let mut elements: BTreeMap<&str, usize> = BTreeMap::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        *elements.entry(node.tag_name().name()).or_default() += 1;
        let known = [
            "name",
            "tests",
            "failures",
            "errors",
            "skipped",
            "time",
            "classname",
            "type",
            "message",
            "value",
        ];
        for attribute in node.attributes() {
            assert!(known.contains(&attribute.name()), "{attribute:?}");
        }
    }
    // Verdict, template and 20 cases of two experiments, and one test each of the others.
    assert_eq!(elements["testcase"], 2 * 22 + 4 + 2, "{xml}");
    assert_eq!(elements["testsuite"], 6 + 2);
    assert_eq!(elements["failure"] + elements["error"] + elements["skipped"], 2 * 22 + 3 + 1 + 2);
    // What XML cannot hold at all is shown as an escape besides.
    let expected: String = shown(text)
        .chars()
        .map(|c| {
            if matches!(c, '\u{fffe}' | '\u{ffff}') { c.escape_unicode().to_string() } else { c.to_string() }
        })
        .collect();
    let skipped = document.descendants().rfind(|node| node.has_tag_name("skipped")).unwrap();
    assert_eq!(skipped.attribute("message"), Some(expected.as_str()));
    let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!(suite.attribute("name"), Some(expected.as_str()));
    let failure = document.descendants().rfind(|node| node.has_tag_name("failure")).unwrap();
    let said = format!("]: {}", expected.replace("##[", "#\\u{23}["));
    assert!(failure.text().unwrap().contains(said.trim_end()), "{xml}");
}

/// A workflow command as the runner reads it, from its documentation: `::name key=value,key=value::data`.
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    data: String,
}

fn command(line: &str) -> Option<Command> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (head, data) = rest.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescaped = |text: &str, marks: &[(&str, &str)]| {
        marks.iter().fold(text.to_owned(), |text, (mark, c)| text.replace(mark, c))
    };
    let of_data = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    let of_property = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    let properties = properties
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), unescaped(value, &of_property)))
        .collect();
    Some(Command { name: name.to_owned(), properties, data: unescaped(data, &of_data) })
}

fn annotations_are_text(text: &str) {
    let report = hostile(text, github);
    assert_plain(&report, "github");
    assert!(!report.contains("##["), "{report}");
    let expected = shown(text).replace("##[", "#\\u{23}[");
    let mut commands = 0;
    for line in report.lines() {
        let Some(command) = command(line) else {
            assert!(line.starts_with("genesis: "), "{line}");
            continue;
        };
        commands += 1;
        assert!(["error", "warning", "notice"].contains(&command.name.as_str()), "{line}");
        for key in command.properties.keys() {
            assert!(
                ["file", "line", "endLine", "col", "endColumn", "title"].contains(&key.as_str()),
                "{line}"
            );
        }
        assert!(command.data.contains(&expected), "{line}\n{expected}");
        // `./` before a path is left out, and a concern without a path is told of the root.
        if !expected.starts_with("./") && !expected.is_empty() {
            assert_eq!(command.properties["file"], expected, "{line}");
        }
    }
    assert!((10..=30).contains(&commands), "{report}");
}

/// What a reader of Markdown makes of a page: hostile text in code alone, and no element that is not ours.
fn markdown_is_code(text: &str, page: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM;
    let mut code = Vec::new();
    let mut in_fence = false;
    let mut rows = 0;
    for event in Parser::new_ext(page, options) {
        match event {
            Event::Code(span) => code.push(span.into_string()),
            Event::Text(block) if in_fence => code.push(block.into_string()),
            Event::Text(words) => {
                // Nothing that GitHub makes a mention, a reference or a link of.
                let linked = ["@", "#", "://", "www.", "<", "GH-"].iter().any(|mark| words.contains(mark));
                assert!(!linked, "{words:?} in {page}");
            }
            Event::Html(html) => {
                let ours = html.trim_end();
                let summary =
                    ours.strip_prefix("<details><summary>").and_then(|s| s.strip_suffix("</summary>"));
                let plain = summary.is_some_and(|words| {
                    words.chars().all(|c| c.is_ascii_alphanumeric() || " ,".contains(c))
                });
                assert!(ours == "</details>" || plain, "{ours:?}");
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                assert_eq!(&*info, "text");
                in_fence = true;
            }
            Event::End(TagEnd::CodeBlock) => in_fence = false,
            Event::Start(Tag::TableRow) => rows += 1,
            Event::Start(Tag::Heading { level, .. }) => {
                assert!(level as usize == 2 || level as usize == 3, "{page}");
            }
            Event::Start(
                Tag::Paragraph
                | Tag::List(None)
                | Tag::Item
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableCell
                | Tag::Emphasis
                | Tag::HtmlBlock,
            )
            | Event::End(_)
            | Event::SoftBreak => {}
            other => panic!("{other:?} in {page}"),
        }
    }
    // A row a template, and those of two tables of metrics.
    assert!(rows >= 6, "{page}");
    let expected = shown(text).replace("##[", "#\\u{23}[");
    let spans = expected.replace('|', "\\u{7c}");
    if !expected.trim().is_empty() {
        assert!(code.iter().any(|span| span.trim() == spans.trim()), "{spans:?} in {page}");
        assert!(code.iter().any(|block| block.contains(&expected)), "{expected:?} in {page}");
    }
}
