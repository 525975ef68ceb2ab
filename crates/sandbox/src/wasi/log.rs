//! A digest of every call that the guest made.

use sha2::{Digest, Sha256};

/// Bytes that are collected before they are hashed: hashing each call alone cost more than the call did.
const BATCH: usize = 4096;

/// Room for the handful of calls that most guests make.
const ROOM: usize = 512;

/// The end of a call that ended the run. No interface has an errno of this number.
const STOPPED: u8 = 0xff;

/// SHA-256 over the calls in order.
///
/// One call is: the number of its function in the layer's table, one byte; each logged argument and then the bytes
/// moved, as LEB128; how it ended, one byte: the errno (for components 0, or 1 for an error result), or `ff` when the
/// call ended the run. A call takes about 6 bytes; with names
/// and whole words it took 34, and the digest was three quarters of the price of a call.
#[derive(Debug)]
pub(crate) struct CallLog {
    hash: Sha256,
    batch: Vec<u8>,
}

impl CallLog {
    pub(crate) fn new() -> Self {
        Self { hash: Sha256::new(), batch: Vec::with_capacity(ROOM) }
    }

    pub(super) fn record(&mut self, function: u8, logged: &[Option<u64>], moved: u64, ended: Option<u8>) {
        if self.batch.len() >= BATCH {
            self.hash.update(&self.batch);
            self.batch.clear();
        }
        self.batch.push(function);
        for number in logged.iter().flatten().copied().chain([moved]) {
            self.leb(number);
        }
        self.batch.push(ended.unwrap_or(STOPPED));
    }

    fn leb(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.batch.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.batch.push(number.to_le_bytes()[0]);
    }

    /// The digest, in hexadecimal.
    pub(crate) fn finish(mut self) -> String {
        self.hash.update(&self.batch);
        crate::guest::hex(&self.hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Function;
    use super::super::errno::Errno;
    use super::*;

    type Call<'a> = (Function, &'a [Option<u64>], u64, Option<Errno>);

    fn digest(calls: &[Call<'_>]) -> String {
        let mut log = CallLog::new();
        for (function, logged, moved, errno) in calls {
            log.record(*function as u8, logged, *moved, errno.map(|errno| errno as u8));
        }
        log.finish()
    }

    fn sha256(bytes: &[u8]) -> String {
        crate::guest::hex(&Sha256::digest(bytes))
    }

    #[test]
    fn the_digest_is_over_the_bytes_that_the_doc_says() {
        let read = Function::fd_read;
        assert_eq!(digest(&[]), sha256(b""));
        assert_eq!(
            digest(&[(read, &[Some(3), None], 300, Some(Errno::Badf))]),
            sha256(&[read as u8, 3, 0xac, 2, 8])
        );
        assert_eq!(
            digest(&[(read, &[Some(127), Some(128)], 0, None)]),
            sha256(&[read as u8, 127, 0x80, 1, 0, 0xff])
        );
    }

    #[test]
    fn every_part_of_a_call_changes_the_digest() {
        let (read, write) = (Function::fd_read, Function::fd_write);
        let (ok, bad) = (Some(Errno::Success), Some(Errno::Badf));
        let base = digest(&[(read, &[Some(1)], 2, ok)]);
        for other in [
            digest(&[(write, &[Some(1)], 2, ok)]),
            digest(&[(read, &[Some(2)], 2, ok)]),
            digest(&[(read, &[Some(1)], 3, ok)]),
            digest(&[(read, &[Some(1)], 2, bad)]),
            digest(&[(read, &[Some(1)], 2, None)]),
            digest(&[(read, &[Some(1)], 2, ok), (read, &[Some(1)], 2, ok)]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn batches_do_not_show_in_the_digest() {
        let mut log = CallLog::new();
        let mut bytes = Vec::new();
        for call in 0..5_000_u64 {
            log.record(Function::sched_yield as u8, &[Some(call % 100)], 8, Some(Errno::Success as u8));
            bytes.extend([Function::sched_yield as u8, u8::try_from(call % 100).unwrap(), 8, 0]);
        }
        assert_eq!(log.finish(), sha256(&bytes));
    }
}
