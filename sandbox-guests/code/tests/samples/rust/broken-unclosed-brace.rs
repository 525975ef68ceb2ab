use std::collections::HashMap;
use std::hash::Hash;

/// Keeps what was computed once.
#[derive(Debug, Default)]
pub struct Cache<K, V> {
    entries: HashMap<K, V>,
    hits: u64,
}

impl<K: Eq + Hash + Clone, V> Cache<K, V> {
    pub fn get_or<F>(&mut self, key: &K, make: F) -> &V
    where
        F: FnOnce(&K) -> V,
    {
        if self.entries.contains_key(key) {
            self.hits += 1;
        self.entries.entry(key.clone()).or_insert_with(|| make(key))
    }
}
