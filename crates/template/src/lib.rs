//! Template model: span-aware JSON, kinds, questions, cases, versions, composition, rendering.
