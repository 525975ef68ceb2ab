//! Renders one case of a template: every field that holds Handlebars, strictly and without escaping, and prompts.

use genesis_guest_sdk::{Input, Report, Subject, guest};

guest! {
    manifest: r#"{"name":"render-template","version":"1.0.0","abi":1,"applies":"render","description":"renders one case: Handlebars fields, partials and prompts"}"#,
    run: render,
}

fn render(input: Input) -> Result<Report, String> {
    match input.subject {
        Subject::Render(case) => {
            let (findings, rendering) = genesis_template::render(&case);
            Report::with_data(findings, &rendering)
                .map_err(|error| format!("cannot write the rendering: {error}"))
        }
        Subject::Template(_) | Subject::Case(_) | Subject::Code(_) => {
            Err("render-template takes a template and a case".to_owned())
        }
    }
}
