//! Progress on standard error, on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use genesis_experiment::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar; draws nothing unless standard error is a terminal.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar with a title.
    pub(crate) fn new(title: &str) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} runs, {elapsed}")
            .expect("the template names only keys that indicatif has");
        bar.set_style(style.progress_chars("=> "));
        bar.set_message(title.to_owned());
        // A short experiment is over before anybody could read a bar.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Shows how far it has come.
    pub(crate) fn show(&self, progress: Progress) {
        self.0.set_length(progress.total);
        self.0.set_position(progress.done);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// One line on standard error.
pub(crate) fn note(text: &str) {
    // When standard error is closed there is nobody left to tell.
    let _closed = writeln!(anstream::stderr(), "{text}");
}
