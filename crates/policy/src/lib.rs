//! Policy files to limits and rules; evidence to a verdict.
