//! Breaks good files, and counts what is not noticed: `find-misses LANGUAGE FOLDER COUNT JUDGE... < paths`.
//!
//! The judge is a program of the language's own: it reads a path a line and answers each with a line that begins with
//! `good` or `bad`. COUNT pieces of damage are done to each file that it calls good; what is missed is kept in FOLDER.
//! The misses of the README come from it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use genesis_code::syntax::{Token, tokens};

mod common;

type Anything = Box<dyn std::error::Error>;

/// Larger files are left out: a judge is asked once for each piece of damage.
const BYTES_A_FILE: usize = 40_000;

/// A program that knows the language.
struct Judge {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Judge {
    fn start(program: &str, args: &[String]) -> Result<Self, Anything> {
        let mut child =
            Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let questions = child.stdin.take().ok_or("the judge takes no questions")?;
        let answers = BufReader::new(child.stdout.take().ok_or("the judge gives no answers")?);
        Ok(Self { child, questions, answers })
    }

    fn calls_good(&mut self, path: &Path) -> Result<bool, Anything> {
        writeln!(self.questions, "{}", path.display())?;
        self.questions.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match line.split_whitespace().next() {
            Some("good") => Ok(true),
            Some("bad") => Ok(false),
            _ => Err(format!("the judge said `{}` of {}", line.trim(), path.display()).into()),
        }
    }

    fn end(self) -> Result<(), Anything> {
        let Self { mut child, questions, answers } = self;
        drop((questions, answers));
        child.wait()?;
        Ok(())
    }
}

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

const DAMAGE: [&str; 8] = [
    "bracket out",
    "bracket twice",
    "word out",
    "quote out",
    "separator out",
    "two swapped",
    "token twice",
    "cut off",
];

/// A text with one piece of damage; nothing when there is nothing to damage in that way.
fn damaged(text: &str, tokens: &[Token<'_>], damage: usize, numbers: &mut Numbers) -> Option<String> {
    let of = |token: &Token<'_>| text.get(token.start..token.end).unwrap_or_default();
    let bracket = |token: &&Token<'_>| matches!(of(token), "(" | ")" | "[" | "]" | "{" | "}");
    let word = |token: &&Token<'_>| !token.named && of(token).chars().all(char::is_alphabetic);
    let quote = |token: &&Token<'_>| matches!(of(token), "\"" | "'" | "`");
    let separator = |token: &&Token<'_>| matches!(of(token), "," | ";" | ":" | "=" | "=>" | "->");
    let mut pick = |chosen: &dyn Fn(&&Token<'_>) -> bool| {
        let chosen: Vec<&Token<'_>> = tokens.iter().filter(chosen).collect();
        chosen.get(numbers.below(chosen.len())).map(|token| **token)
    };
    let without = |token: Token<'_>| format!("{}{}", &text[..token.start], &text[token.end..]);
    let twice = |token: Token<'_>| format!("{} {}{}", &text[..token.end], of(&token), &text[token.end..]);
    match damage {
        0 => pick(&bracket).map(without),
        1 => pick(&bracket).map(twice),
        2 => pick(&word).map(without),
        3 => pick(&quote).map(without),
        4 => pick(&separator).map(without),
        5 => {
            let at = numbers.below(tokens.len().saturating_sub(1));
            let (one, two) = (tokens.get(at)?, tokens.get(at + 1)?);
            (one.end <= two.start && of(one) != of(two)).then(|| {
                let between = &text[one.end..two.start];
                format!("{}{}{between}{}{}", &text[..one.start], of(two), of(one), &text[two.end..])
            })
        }
        6 => pick(&|_| true).map(twice),
        _ => pick(&|_| true).map(|token| text[..token.end].to_owned()),
    }
}

#[derive(Default)]
struct Counts {
    done: usize,
    wrong: usize,
    missed: usize,
    alarms: usize,
}

fn main() -> Result<(), Anything> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [language, folder, count, program, rest @ ..] = args.as_slice() else {
        return Err("usage: find-misses LANGUAGE FOLDER COUNT JUDGE... < paths".into());
    };
    let count: usize = count.parse()?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let checker = common::Checker::new(language)?;
    let mut judge = Judge::start(program, rest)?;
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&(checker.grammar.language)())?;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut files = 0;
    let mut out = std::io::stdout().lock();
    for path in std::io::stdin().lock().lines() {
        let path = PathBuf::from(path?);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if text.len() > BYTES_A_FILE || !judge.calls_good(&path)? {
            continue;
        }
        files += 1;
        let tree = parser.parse(&text, None).ok_or("no tree")?;
        let tokens = tokens(&tree);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
        for round in 0..count {
            let damage = round % DAMAGE.len();
            let Some(broken) = damaged(&text, &tokens, damage, &mut numbers) else { continue };
            let at = folder.join(format!("{files}-{round}-{name}"));
            std::fs::write(&at, &broken)?;
            let good = judge.calls_good(&at)?;
            let told = checker.faults(name, broken)?;
            let counts = counts.entry(DAMAGE[damage]).or_default();
            counts.done += 1;
            counts.wrong += usize::from(!good);
            match (good, told.first()) {
                (false, None) => {
                    counts.missed += 1;
                    writeln!(out, "missed\t{}\t{}", DAMAGE[damage], at.display())?;
                }
                (true, Some(first)) => {
                    counts.alarms += 1;
                    let line = first.place.span.map_or(0, |span| span.line);
                    let (what, place) = (DAMAGE[damage], at.display());
                    writeln!(out, "alarm\t{what}\t{place}:{line}\t{}", first.message)?;
                }
                _ => std::fs::remove_file(&at)?,
            }
        }
    }
    judge.end()?;
    let mut all = Counts::default();
    for (damage, one) in &counts {
        writeln!(
            out,
            "{damage}: {} done, {} wrong, {} missed, {} alarms",
            one.done, one.wrong, one.missed, one.alarms
        )?;
        all.done += one.done;
        all.wrong += one.wrong;
        all.missed += one.missed;
        all.alarms += one.alarms;
    }
    writeln!(
        out,
        "{language}: {files} files, {} done, {} wrong, {} missed, {} alarms",
        all.done, all.wrong, all.missed, all.alarms
    )?;
    Ok(())
}
