//! A digest of every call that the guest made.

use sha2::{Digest, Sha256};

/// Bytes that are collected before they are hashed. One call takes about 40, and hashing each alone cost more than
/// the call did.
const BATCH: usize = 4096;

/// Room for the handful of calls that most guests make.
const ROOM: usize = 512;

/// SHA-256 over the calls in order. One call is: its name, a NUL, each logged argument as 8 little-endian bytes, the
/// bytes moved as 8, and the errno as 2, or `ffff` when the call ended the run.
#[derive(Debug)]
pub(crate) struct CallLog {
    hash: Sha256,
    batch: Vec<u8>,
}

impl CallLog {
    pub(crate) fn new() -> Self {
        Self { hash: Sha256::new(), batch: Vec::with_capacity(ROOM) }
    }

    pub(super) fn record(&mut self, name: &str, logged: &[Option<u64>], moved: u64, errno: Option<u16>) {
        if self.batch.len() >= BATCH {
            self.hash.update(&self.batch);
            self.batch.clear();
        }
        self.batch.extend_from_slice(name.as_bytes());
        self.batch.push(0);
        for argument in logged.iter().flatten() {
            self.batch.extend_from_slice(&argument.to_le_bytes());
        }
        self.batch.extend_from_slice(&moved.to_le_bytes());
        self.batch.extend_from_slice(&errno.unwrap_or(u16::MAX).to_le_bytes());
    }

    /// The digest, in hexadecimal.
    pub(crate) fn finish(mut self) -> String {
        self.hash.update(&self.batch);
        crate::guest::hex(&self.hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Call<'a> = (&'a str, &'a [Option<u64>], u64, Option<u16>);

    fn digest(calls: &[Call<'_>]) -> String {
        let mut log = CallLog::new();
        for (name, logged, moved, errno) in calls {
            log.record(name, logged, *moved, *errno);
        }
        log.finish()
    }

    #[test]
    fn the_digest_is_over_the_bytes_that_the_doc_says() {
        let mut bytes = b"fd_read\0".to_vec();
        bytes.extend([3, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([7, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([8, 0]);
        let expected = crate::guest::hex(&Sha256::digest(&bytes));
        assert_eq!(digest(&[("fd_read", &[Some(3), None], 7, Some(8))]), expected);
    }

    #[test]
    fn every_part_of_a_call_changes_the_digest() {
        let base = digest(&[("a", &[Some(1)], 2, Some(3))]);
        for other in [
            digest(&[("b", &[Some(1)], 2, Some(3))]),
            digest(&[("a", &[Some(2)], 2, Some(3))]),
            digest(&[("a", &[Some(1)], 3, Some(3))]),
            digest(&[("a", &[Some(1)], 2, None)]),
            digest(&[("a", &[Some(1)], 2, Some(3)), ("a", &[Some(1)], 2, Some(3))]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn batches_do_not_show_in_the_digest() {
        let mut log = CallLog::new();
        let mut bytes = Vec::new();
        for call in 0..1000_u64 {
            log.record("clock_time_get", &[Some(call)], 8, Some(0));
            bytes.extend(b"clock_time_get\0");
            bytes.extend(call.to_le_bytes());
            bytes.extend(8_u64.to_le_bytes());
            bytes.extend([0, 0]);
        }
        assert_eq!(log.finish(), crate::guest::hex(&Sha256::digest(&bytes)));
    }
}
