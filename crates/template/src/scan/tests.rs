use super::*;

fn problem(text: &str) -> (&'static str, usize) {
    let problem = scan(text).expect_err(text);
    (problem.code.code, problem.start)
}

#[test]
fn what_cannot_be_cut_into_tags_is_refused_at_its_place() {
    let cases = [
        ("ab {{x", "T0401", 3),
        ("{{#if x}}y", "T0401", 0),
        ("{{#if x}}{{/each}}", "T0401", 9),
        ("{{/if}}", "T0401", 0),
        ("{{else}}", "T0401", 0),
        ("{{#if x}}{{else}}{{else}}{{/if}}", "T0401", 17),
        ("{:via, {{{name}}, key}", "T0401", 7),
        ("{{> p fields=[{name: \"x\"}]}}", "T0401", 13),
        ("{{ x, y }}", "T0401", 4),
        ("{{x \"never closed}}", "T0401", 4),
        ("{{! never closed", "T0401", 0),
        ("{{x [\"a\", 1e5]}}", "T0401", 11),
        ("{{#if x}} {{elsewhere}}{{/if}}", "T0401", 10),
        ("{{ name | upper }}", "T0402", 0),
        ("{{> (lookup x 'y')}}", "T0406", 0),
        ("{{#> layout}}{{/layout}}", "T0406", 0),
        ("{{#*inline 'x'}}{{/inline}}", "T0406", 0),
        ("{{> @partial-block}}", "T0406", 0),
        ("{{{{other}}}} {{{{/other}}}}", "T0406", 0),
    ];
    for (text, code, start) in cases {
        assert_eq!(problem(text), (code, start), "{text}");
    }
}

#[test]
fn what_the_engine_reads_is_cut_into_the_same_tags() {
    let cases = [
        ("a {{x}} {{{y}}} {{&z}} {{~w~}}", 4),
        ("{{#if a}}{{else if b}}{{else}}{{/if}}", 4),
        ("{{! no }} {{x}} {{!-- no {{y}} --}} {{x}}", 2),
        ("\\{{x}} \\\\{{x}}", 1),
        ("{{{{raw}}}} {{x}} {{{{/raw}}}} {{y}}", 2),
        ("{{#each list as |item index|}}{{item}}{{../x}}{{@index}}{{/each}}", 5),
        ("{{> base/part name=\"}}\" other=(lookup a 'b') list=[1, \"]\"]}}", 1),
        ("{{a.[b c].d}} {{this}} {{@root.x}} {{[odd name]}}", 4),
        ("{ {x} } }} %}", 0),
    ];
    for (text, count) in cases {
        let tags = scan(text).expect(text);
        assert_eq!(tags.len(), count, "{text}: {tags:?}");
        for tag in tags {
            assert!(text[tag.start..].starts_with("{{") && text[..tag.end].ends_with("}}"), "{text}");
        }
    }
}

#[test]
fn nesting_is_refused_before_any_stack_is_used() {
    let deep = 10_000;
    let texts = [
        "{{#if x}}".repeat(deep),
        format!("{}{}", "{{#if x}}".repeat(deep), "{{/if}}".repeat(deep)),
        format!("{{{{#if x}}}}{}{{{{/if}}}}", "{{else if x}}".repeat(deep)),
        format!("{{{{x {}}}}}", "(not ".repeat(deep)),
        format!("{{{{x {}}}}}", "[".repeat(deep)),
        format!("{{{{x {}}}}}", "{\"a\":".repeat(deep)),
        format!("{{{{#if x}}}}{}", "{{!-- {{/if}} --}}{{#if x}}".repeat(deep)),
    ];
    for text in texts {
        assert!(scan(&text).is_err());
    }
    assert!(scan(&"{{x}}".repeat(MOST_TAGS + 1)).is_err());
    assert!(scan(&"x".repeat(MOST_BYTES + 1)).is_err());
}
