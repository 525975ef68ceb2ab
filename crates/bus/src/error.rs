//! What can go wrong, by what the caller can do about it.

/// Why the bus did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The address cannot be one.
    #[error("`{url}` is no address of a broker: {why}")]
    Address {
        /// The address, without its password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// What is to be shown to the broker cannot be read.
    #[error("the login to the broker: {0}")]
    Login(String),
    /// The broker did not answer, or refused for the moment. Trying again later is safe.
    #[error("could not {action}: {message}")]
    Unavailable {
        /// What was tried.
        action: &'static str,
        /// What the broker or the network said.
        message: String,
    },
    /// The broker is set up in another way than is needed.
    #[error("{what} is set up otherwise: {difference}")]
    Configuration {
        /// The stream, consumer or queue.
        what: String,
        /// What was asked for and what is there.
        difference: String,
    },
    /// The message cannot be carried, now or later.
    #[error("the message cannot be carried: {0}")]
    Message(String),
    /// There is no such channel, subject or dead letter.
    #[error("there is no {0}")]
    NotFound(String),
}

/// Turns what a broker's client says into [`BusError::Unavailable`].
pub(crate) trait During<T> {
    /// Says what was tried when it failed.
    fn during(self, action: &'static str) -> Result<T, BusError>;
}

impl<T, E: std::fmt::Display> During<T> for Result<T, E> {
    fn during(self, action: &'static str) -> Result<T, BusError> {
        self.map_err(|error| BusError::Unavailable { action, message: error.to_string() })
    }
}
