//! What the validator asks of its host, for engines that bring no WASI of their own here: input, output, no environment.

use std::sync::Arc;

/// The errno of a descriptor that is not there.
pub const BADF: i32 = 8;

/// The streams of one run.
pub struct Streams {
    pub input: Arc<[u8]>,
    pub position: usize,
    pub output: Vec<u8>,
}

impl Streams {
    pub fn new(input: &Arc<[u8]>) -> Self {
        Self { input: Arc::clone(input), position: 0, output: Vec::new() }
    }

    /// `fd_read` into a guest's memory.
    pub fn read(&mut self, memory: &mut [u8], fd: i32, iovs: u32, count: u32, total: u32) -> i32 {
        if fd != 0 {
            return BADF;
        }
        let mut sum = 0;
        for index in 0..count {
            let (pointer, bytes) = iovec(memory, iovs + index * 8);
            let length = bytes.min(self.input.len() - self.position);
            let end = self.position + length;
            memory[pointer..pointer + length].copy_from_slice(&self.input[self.position..end]);
            self.position = end;
            sum += length;
            if length < bytes {
                break;
            }
        }
        put(memory, total, sum)
    }

    /// `fd_write` from a guest's memory.
    pub fn write(&mut self, memory: &mut [u8], iovs: u32, count: u32, total: u32) -> i32 {
        let mut sum = 0;
        for index in 0..count {
            let (pointer, bytes) = iovec(memory, iovs + index * 8);
            self.output.extend_from_slice(&memory[pointer..pointer + bytes]);
            sum += bytes;
        }
        put(memory, total, sum)
    }
}

/// `environ_sizes_get`: nothing.
pub fn no_environment(memory: &mut [u8], count: u32, bytes: u32) -> i32 {
    put(memory, count, 0);
    put(memory, bytes, 0)
}

fn iovec(memory: &[u8], at: u32) -> (usize, usize) {
    let at = at as usize;
    let number = |at: usize| u32::from_le_bytes(memory[at..at + 4].try_into().expect("four bytes")) as usize;
    (number(at), number(at + 4))
}

fn put(memory: &mut [u8], at: u32, value: usize) -> i32 {
    let value = u32::try_from(value).expect("a guest's memory has 32-bit addresses");
    memory[at as usize..at as usize + 4].copy_from_slice(&value.to_le_bytes());
    0
}
