//! Writes a built-in guest's module into a file: `module NAME FILE`.

use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "what is wrong with the arguments is said")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, file] = arguments.as_slice() else {
        eprintln!("usage: module NAME FILE");
        return ExitCode::from(2);
    };
    let Some(guest) = genesis_guests::guest(name).filter(|guest| guest.missing().is_none()) else {
        eprintln!("there is no guest `{name}` in this build");
        return ExitCode::FAILURE;
    };
    match std::fs::write(file, guest.wasm()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
