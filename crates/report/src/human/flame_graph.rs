//! Where a run's fuel went, as a picture.

use inferno::flamegraph::{Options, from_lines};

use super::{escape, quantity};
use crate::{Profile, ProfiledStack};

/// Most characters of a function's name.
const MOST_CHARACTERS: usize = 200;

/// A stack that used less than one part in so many is drawn as part of its caller; it would be too narrow to see.
const FINEST_PARTS: u64 = 10_000;

/// Most bytes of text that is drawn from.
const MOST_BYTES: usize = 32 << 20;

/// A flame graph by fuel: SVG, with a script of its own to zoom and to search. `None` when no fuel was used.
///
/// Names are the guest's and may be anything: control characters and those that change the direction of writing are
/// shown as escapes, and none is taken for more than text.
pub fn flame_graph(guest: &str, profile: &Profile<'_>) -> Option<String> {
    let total = profile.fuel();
    if total == 0 {
        return None;
    }
    let names: Vec<String> = profile.stacks.iter().map(|stack| frame(stack.function)).collect();
    let order = callers_first(profile.stacks);
    let mut least = total / FINEST_PARTS;
    let mut lines = loop {
        let drawn = drawn(profile.stacks, least);
        match lines(profile.stacks, &names, &order, &drawn) {
            Some(lines) => break lines,
            None => least = least.saturating_mul(2).max(1),
        }
    };
    // Sorted, a function could be drawn in several pieces, with others between them whose name begins as its does. A
    // flame chart leaves the lines in their order, the last one first.
    lines.reverse();
    let mut options = Options::default();
    options.title = format!("fuel of {}", escape::clipped(guest, MOST_CHARACTERS));
    options.subtitle = Some(format!(
        "{} units in {} calls, each of them counted",
        quantity::whole(total),
        quantity::whole(profile.calls)
    ));
    "units of fuel".clone_into(&mut options.count_name);
    options.min_width = 0.0;
    options.flame_chart = true;
    // Colours by name: the same profile is the same picture.
    options.deterministic = true;
    let mut svg = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .expect("there is fuel to draw, and writing to memory does not fail");
    Some(String::from_utf8(svg).expect("names and pictures are text"))
}

/// The stacks so that each stands before those that it called, and those together.
fn callers_first(stacks: &[ProfiledStack<'_>]) -> Vec<usize> {
    let mut callees: Vec<Vec<usize>> = vec![Vec::new(); stacks.len()];
    let mut waiting = Vec::new();
    for (index, stack) in stacks.iter().enumerate().rev() {
        match stack.caller {
            Some(caller) => callees[caller].push(index),
            None => waiting.push(index),
        }
    }
    let mut order = Vec::with_capacity(stacks.len());
    while let Some(index) = waiting.pop() {
        order.push(index);
        waiting.append(&mut callees[index]);
    }
    order
}

/// Fuel that each stack is drawn with; `None` for one that used less than `least` with all that it called, which is its
/// caller's then.
fn drawn(stacks: &[ProfiledStack<'_>], least: u64) -> Vec<Option<u64>> {
    let mut with_callees: Vec<u64> = stacks.iter().map(|stack| stack.fuel).collect();
    let mut drawn: Vec<Option<u64>> = stacks.iter().map(|stack| Some(stack.fuel)).collect();
    for (index, stack) in stacks.iter().enumerate().rev() {
        let Some(caller) = stack.caller else { continue };
        with_callees[caller] += with_callees[index];
        if with_callees[index] < least {
            let fuel = drawn[index].take().unwrap_or_default();
            drawn[caller] = drawn[caller].map(|own| own + fuel);
        }
    }
    drawn
}

/// One line a stack that used fuel itself, as the drawing wants them; `None` when that is too much text.
fn lines(
    stacks: &[ProfiledStack<'_>],
    names: &[String],
    order: &[usize],
    drawn: &[Option<u64>],
) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    let mut bytes = 0;
    for &index in order {
        let Some(fuel) = drawn[index].filter(|fuel| *fuel > 0) else { continue };
        let mut frames = vec![names[index].as_str()];
        let mut at = stacks[index].caller;
        while let Some(caller) = at {
            frames.push(&names[caller]);
            at = stacks[caller].caller;
        }
        frames.reverse();
        let line = format!("{} {fuel}", frames.join(";"));
        bytes += line.len();
        if bytes > MOST_BYTES {
            return None;
        }
        lines.push(line);
    }
    Some(lines)
}

/// A name as it stands in a line, where `;` parts functions, the last word is the fuel and a second number before it
/// would be another one.
fn frame(name: &str) -> String {
    let mut shown = String::new();
    for c in escape::clipped(name, MOST_CHARACTERS).trim().chars() {
        match c {
            ';' => shown.push(','),
            // Not characters of XML, escaped or not.
            '\u{fffe}' | '\u{ffff}' => shown.extend(c.escape_unicode()),
            c if c.is_whitespace() => shown.push(' '),
            c => shown.push(c),
        }
    }
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit() || c == '.');
    if let Some((before, last)) = shown.rsplit_once(' ').filter(|(_, last)| is_number(last)) {
        shown = format!("{before}_{last}");
    }
    if shown.starts_with("# ") {
        shown.replace_range(1..2, "_");
    }
    if shown.is_empty() { "(no name)".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(caller: Option<usize>, function: &str, fuel: u64) -> ProfiledStack<'_> {
        ProfiledStack { caller, function, fuel }
    }

    fn picture(stacks: &[ProfiledStack<'_>]) -> String {
        let profile = Profile { stacks, ..Profile::default() };
        flame_graph("g", &profile).unwrap()
    }

    /// Titles of the frames of a picture that is well-formed XML.
    fn titles(svg: &str) -> Vec<String> {
        let mut reader = quick_xml::Reader::from_str(svg);
        let (mut titles, mut inside) = (Vec::new(), false);
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(start) => {
                    inside = start.name().as_ref() == b"title";
                    if inside {
                        titles.push(String::new());
                    }
                }
                quick_xml::events::Event::Text(text) if inside => {
                    titles.last_mut().unwrap().push_str(&text.decode().unwrap());
                }
                quick_xml::events::Event::GeneralRef(reference) if inside => {
                    let name = reference.decode().unwrap();
                    titles.last_mut().unwrap().push_str(match name.as_ref() {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "quot" => "\"",
                        "apos" => "'",
                        other => panic!("an entity {other}"),
                    });
                }
                quick_xml::events::Event::End(_) => inside = false,
                quick_xml::events::Event::Eof => return titles,
                _ => {}
            }
        }
    }

    #[test]
    fn each_function_is_as_wide_as_its_fuel() {
        let svg = picture(&[stack(None, "_start", 100), stack(Some(0), "a", 675), stack(Some(0), "b", 225)]);
        let mut titles = titles(&svg);
        titles.sort();
        assert_eq!(
            titles,
            [
                "_start (1,000 units of fuel, 100.00%)",
                "a (675 units of fuel, 67.50%)",
                "all (1,000 units of fuel, 100%)",
                "b (225 units of fuel, 22.50%)"
            ]
        );
        assert_eq!(
            svg,
            picture(&[stack(None, "_start", 100), stack(Some(0), "a", 675), stack(Some(0), "b", 225)])
        );
    }

    #[test]
    fn a_function_is_drawn_in_one_piece_whatever_the_names_of_others() {
        let svg = picture(&[
            stack(None, "a", 10),
            stack(None, "a b", 20),
            stack(Some(0), "c", 30),
            stack(None, "a!", 40),
        ]);
        assert!(titles(&svg).contains(&"a (40 units of fuel, 40.00%)".to_owned()), "{:?}", titles(&svg));
    }

    #[test]
    fn hostile_names_are_text_and_keep_their_fuel() {
        let names = [
            "</text></svg><script>alert(1)</script>",
            "a;b;c 5",
            "x 1 2.5 3",
            "\u{1b}[2J\0\u{202e}\r\n",
            "# comment",
            "]]>&amp;\"'",
            "\u{fffe}\u{ffff}\u{a0}7",
            " ",
            "",
            "{{#if}}",
        ];
        let stacks: Vec<_> = names.iter().map(|name| stack(None, name, 10)).collect();
        let svg = picture(&stacks);
        let titles = titles(&svg);
        assert!(titles.contains(&"all (100 units of fuel, 100%)".to_owned()), "{titles:?}");
        assert!(
            titles.contains(&"</text></svg><script>alert(1)</script> (10 units of fuel, 10.00%)".to_owned())
        );
        assert!(titles.contains(&"x 1 2.5_3 (10 units of fuel, 10.00%)".to_owned()), "{titles:?}");
        assert!(titles.contains(&"a,b,c_5 (10 units of fuel, 10.00%)".to_owned()), "{titles:?}");
        assert!(titles.contains(&"(no name) (20 units of fuel, 20.00%)".to_owned()), "{titles:?}");
        assert_eq!(svg.matches("<script").count(), 1, "the picture's own");
        assert!(!svg.contains(|c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}'));
    }

    #[test]
    fn what_is_too_narrow_is_its_callers() {
        let stacks = [stack(None, "f", 50_000), stack(Some(0), "thin", 3), stack(Some(1), "thinner", 1)];
        let titles = titles(&picture(&stacks));
        assert!(titles.contains(&"f (50,004 units of fuel, 100.00%)".to_owned()), "{titles:?}");
        assert_eq!(titles.len(), 2);
    }

    #[test]
    fn deep_stacks_with_long_names_are_drawn_from_a_bounded_text() {
        let name = "n".repeat(10_000);
        let mut stacks = Vec::new();
        for chain in 0..100 {
            for depth in 0..500_usize {
                stacks.push(stack((depth > 0).then(|| chain * 500 + depth - 1), &name, 1));
            }
        }
        let titles = titles(&picture(&stacks));
        assert!(titles.iter().any(|title| title.starts_with("all (50,000 units")));
    }

    #[test]
    fn nothing_used_is_no_picture() {
        assert_eq!(flame_graph("g", &Profile::default()), None);
        let stacks = [stack(None, "f", 0)];
        assert_eq!(flame_graph("g", &Profile { stacks: &stacks, ..Profile::default() }), None);
    }
}
