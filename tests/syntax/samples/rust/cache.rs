//! A cache.

use std::collections::HashMap;
use std::fmt;

pub const CAPACITY: usize = 16;
static mut HITS: u64 = 0;

/// Keys are text.
pub type Key = String;

/// Something that can be cached.
///
/// Two lines.
#[derive(Debug, Clone)]
pub struct Cache<V> {
    entries: HashMap<Key, V>,
    pub limit: usize,
}

#[repr(u8)]
pub enum Policy {
    /// Least recently used.
    Lru,
    Ttl { seconds: u64 },
    Size(usize),
}

pub trait Store<V> {
    type Error;
    const NAME: &'static str;
    fn get(&self, key: &str) -> Option<&V>;
    fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

impl<V> Cache<V> {
    /// An empty cache.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        fn helper() {}
        helper();
        Cache { entries: HashMap::new(), limit }
    }
}

impl<V> Store<V> for Cache<V> {
    type Error = ();
    const NAME: &'static str = "cache";
    fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }
}

impl fmt::Display for crate::elsewhere::Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

macro_rules! cached {
    ($e:expr) => { $e };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty() {
        assert!(Cache::<u8>::new(1).entries.is_empty());
    }
}
