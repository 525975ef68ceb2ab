//! The built-in guests as constants.
