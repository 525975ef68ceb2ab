//! One validator, run in many ways, in turns.
//!
//! Each way runs the same code on the same input and must give the same bytes. In every round each way is run for a
//! while, so that whatever else the machine does meanwhile falls on all of them alike; a ratio is the median over the
//! rounds of one round's ratio. Prints a table in Markdown, and what is asked of the sandbox beside what was measured.
//!
//! Usage: `genesis-peers GENESIS VALIDATOR.wasm EXTISM-GUEST.wasm`, where `GENESIS` is the program, for its workers.

mod measure;
#[path = "../../template/mod.rs"]
mod template;
mod way;

use std::path::PathBuf;
use std::{env, fs};

use genesis_abi::{ABI_VERSION, Input, Subject, TemplateText, ValidateInput};

use crate::way::Given;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let [_, genesis, validator, extism_guest]: [PathBuf; 4] = env::args_os()
        .map(PathBuf::from)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: genesis-peers GENESIS VALIDATOR.wasm EXTISM-GUEST.wasm")?;
    let text = template::of_about(20 << 10);
    println!("The template has {} bytes.\n", text.len());
    let input = input(text);
    let given = Given {
        report: genesis_peers_work::validate(&input),
        input,
        genesis,
        validator: fs::read(validator)?,
        extism_guest: fs::read(extism_guest)?,
    };
    let (mut ways, absent) = way::all(&given)?;
    measure::in_turns(&mut ways);
    print!("{}\n{}", measure::table(&ways, &absent), measure::asked(&ways));
    Ok(())
}

fn input(text: String) -> Vec<u8> {
    let subject = Subject::Template(ValidateInput {
        template: TemplateText { path: "template.json".to_owned(), text, ..TemplateText::default() },
        baseline: None,
        profile: "standard".to_owned(),
        promoted: Vec::new(),
    });
    serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).expect("an input can be written")
}
