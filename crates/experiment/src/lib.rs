//! Plans, runs, judges and commits an experiment.
