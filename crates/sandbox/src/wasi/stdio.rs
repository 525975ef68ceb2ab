//! Descriptors 0, 1 and 2: the input, and two captures.

use genesis_abi::{LimitName, Limits};

use super::call::Call;
use super::errno::Errno;
use crate::cost;
use crate::stop::Stop;

/// Most iovecs one call may name, as on Linux.
const IOV_MAX: u32 = 1024;

const RIGHT_FD_READ: u64 = 1 << 1;
const RIGHT_FD_WRITE: u64 = 1 << 6;
const RIGHT_POLL: u64 = 1 << 27;

const FLAG_APPEND: u32 = 1;
const FLAG_NONBLOCK: u32 = 1 << 2;

/// The three streams and which descriptor stands for which.
#[derive(Debug)]
pub(crate) struct Stdio {
    descriptors: [Option<Stream>; 3],
    input: Vec<u8>,
    position: usize,
    stdout: Capture,
    stderr: Capture,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Input,
    Output,
    Error,
}

#[derive(Debug)]
pub(super) struct Capture {
    bytes: Vec<u8>,
    name: LimitName,
    limit: u64,
}

impl Stdio {
    pub(crate) fn new(input: &[u8], limits: &Limits) -> Self {
        let capture = |name, limit| Capture { bytes: Vec::new(), name, limit };
        Self {
            descriptors: [Some(Stream::Input), Some(Stream::Output), Some(Stream::Error)],
            input: input.to_vec(),
            position: 0,
            stdout: capture(LimitName::StdoutBytes, limits.stdout_bytes),
            stderr: capture(LimitName::StderrBytes, limits.stderr_bytes),
        }
    }

    /// What was written to standard output and standard error.
    pub(crate) fn into_captures(self) -> (Vec<u8>, Vec<u8>) {
        (self.stdout.bytes, self.stderr.bytes)
    }

    pub(super) fn is_open(&self, fd: u32) -> bool {
        self.stream(fd).is_some()
    }

    /// Bytes that can be read from a descriptor now; `None` when it is not one to read from.
    pub(super) fn readable(&self, fd: u32) -> Option<u64> {
        (self.stream(fd)? == Stream::Input).then(|| self.left())
    }

    /// Whether a descriptor is one to write to.
    pub(super) fn is_writable(&self, fd: u32) -> bool {
        self.stream(fd).is_some_and(|stream| stream != Stream::Input)
    }

    /// Takes the next bytes of the input, at most so many. `None` at its end.
    pub(super) fn read(&mut self, most: u64) -> Option<&[u8]> {
        let rest = &self.input[self.position..];
        let length = usize::try_from(most).map_or(rest.len(), |most| most.min(rest.len()));
        self.position += length;
        if rest.is_empty() { None } else { Some(&rest[..length]) }
    }

    /// Bytes of the input that were not read yet.
    pub(super) fn left(&self) -> u64 {
        (self.input.len() - self.position) as u64
    }

    /// Where standard output goes.
    pub(super) fn stdout(&mut self) -> &mut Capture {
        &mut self.stdout
    }

    /// Where standard error goes.
    pub(super) fn stderr(&mut self) -> &mut Capture {
        &mut self.stderr
    }

    fn stream(&self, fd: u32) -> Option<Stream> {
        *self.descriptors.get(fd as usize)?
    }

    fn capture(&mut self, fd: u32) -> Option<&mut Capture> {
        match self.stream(fd)? {
            Stream::Input => None,
            Stream::Output => Some(&mut self.stdout),
            Stream::Error => Some(&mut self.stderr),
        }
    }
}

impl Capture {
    /// Keeps the bytes, or as many as the limit leaves room for and ends the run.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let (kept, fits) = self.room_for(bytes.len() as u64);
        self.bytes.extend_from_slice(&bytes[..kept]);
        fits
    }

    /// Keeps so many zero bytes, as [`Capture::write`] does.
    pub(super) fn write_zeroes(&mut self, bytes: u64) -> Result<(), Stop> {
        let (kept, fits) = self.room_for(bytes);
        self.bytes.resize(self.bytes.len() + kept, 0);
        fits
    }

    /// How many of so many bytes are kept, and whether that is all.
    fn room_for(&self, bytes: u64) -> (usize, Result<(), Stop>) {
        let has = self.bytes.len() as u64;
        let kept = bytes.min(self.limit.saturating_sub(has));
        let asked = has.saturating_add(bytes);
        let fits = if asked > self.limit { Err(Stop::limit(self.name, self.limit, asked)) } else { Ok(()) };
        (usize::try_from(kept).unwrap_or(usize::MAX), fits)
    }
}

/// Reads into each iovec in turn until the input is used up. What was read before an iovec that points outside of
/// memory stays read.
pub(super) fn fd_read(call: &mut Call<'_>, fd: u32, iovs: u32, count: u32, read: u32) -> Result<Errno, Stop> {
    if call.state.stdio.readable(fd).is_none() {
        return Ok(Errno::Badf);
    }
    each_iovec(call, iovs, count, read, |call, pointer, bytes| {
        let left =
            call.state.stdio.readable(fd).expect("the descriptor was readable above and nothing closed it");
        let length = u32::try_from(left).map_or(bytes, |left| left.min(bytes));
        if call.slice(pointer, bytes).is_none() {
            return Ok(Err(Errno::Fault));
        }
        call.charge_bytes(u64::from(length))?;
        if let Some((out, state)) = call.slice_mut(pointer, length) {
            let start = state.stdio.position;
            let end = start + length as usize;
            out.copy_from_slice(&state.stdio.input[start..end]);
            state.stdio.position = end;
        }
        Ok(Ok(length))
    })
}

/// Writes each iovec in turn. A write past the limit ends the run; the part that fits is kept.
pub(super) fn fd_write(
    call: &mut Call<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    written: u32,
) -> Result<Errno, Stop> {
    if !call.state.stdio.is_writable(fd) {
        return Ok(Errno::Badf);
    }
    each_iovec(call, iovs, count, written, |call, pointer, bytes| {
        if call.slice(pointer, bytes).is_none() {
            return Ok(Err(Errno::Fault));
        }
        call.charge_bytes(u64::from(bytes))?;
        if let Some((slice, state)) = call.slice_and_state(pointer, bytes) {
            let capture =
                state.stdio.capture(fd).expect("the descriptor was writable above and nothing closed it");
            capture.write(slice)?;
        }
        Ok(Ok(bytes))
    })
}

/// Walks a list of iovecs, until one is not used in full, and writes the sum to `total`.
fn each_iovec(
    call: &mut Call<'_>,
    iovs: u32,
    count: u32,
    total: u32,
    mut each: impl FnMut(&mut Call<'_>, u32, u32) -> Result<Result<u32, Errno>, Stop>,
) -> Result<Errno, Stop> {
    if count > IOV_MAX {
        return Ok(Errno::Inval);
    }
    if call.slice(total, 4).is_none() {
        return Ok(Errno::Fault);
    }
    let mut sum = 0_u32;
    for index in 0..count {
        call.charge(cost::HOST_ITEM)?;
        let Some(iovec) = iovs.checked_add(index * 8).and_then(|at| call.slice(at, 8)) else {
            return Ok(Errno::Fault);
        };
        let (pointer, bytes) = (u32_at(iovec, 0), u32_at(iovec, 4));
        match each(call, pointer, bytes)? {
            Ok(moved) => {
                // Overlapping iovecs can name more bytes than there are addresses.
                let Some(more) = sum.checked_add(moved) else { return Ok(Errno::Inval) };
                sum = more;
                if moved < bytes {
                    break;
                }
            }
            Err(errno) => return Ok(errno),
        }
    }
    Ok(call.put_u32(total, sum))
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes were sliced"))
}

pub(super) fn fd_close(call: &mut Call<'_>, fd: u32) -> Errno {
    match call.state.stdio.descriptors.get_mut(fd as usize) {
        Some(open @ Some(_)) => {
            *open = None;
            Errno::Success
        }
        _ => Errno::Badf,
    }
}

pub(super) fn fd_renumber(call: &mut Call<'_>, from: u32, to: u32) -> Errno {
    let stdio = &mut call.state.stdio;
    if !stdio.is_open(from) || !stdio.is_open(to) {
        return Errno::Badf;
    }
    if from != to {
        stdio.descriptors[to as usize] = stdio.descriptors[from as usize].take();
    }
    Errno::Success
}

/// The file type is `unknown` (0), as of a pipe: a C library that takes a descriptor for a terminal writes line by
/// line.
pub(super) fn fd_fdstat_get(call: &mut Call<'_>, fd: u32, out: u32) -> Result<Errno, Stop> {
    let Some(stream) = call.state.stdio.stream(fd) else { return Ok(Errno::Badf) };
    let rights = RIGHT_POLL | if stream == Stream::Input { RIGHT_FD_READ } else { RIGHT_FD_WRITE };
    let mut stat = [0_u8; 24];
    stat[8..16].copy_from_slice(&rights.to_le_bytes());
    call.charge_bytes(stat.len() as u64)?;
    Ok(call.put(out, &stat))
}

/// Appending and not blocking are what the streams do anyway.
pub(super) fn fd_fdstat_set_flags(call: &mut Call<'_>, fd: u32, flags: u32) -> Errno {
    let harmless = flags & !(FLAG_APPEND | FLAG_NONBLOCK) == 0;
    call.on_stdio(fd, if harmless { Errno::Success } else { Errno::Inval })
}

/// All zero but for one link: no device, no inode, type `unknown`, size 0, times at 1970.
pub(super) fn fd_filestat_get(call: &mut Call<'_>, fd: u32, out: u32) -> Result<Errno, Stop> {
    if !call.state.stdio.is_open(fd) {
        return Ok(Errno::Badf);
    }
    let mut stat = [0_u8; 64];
    stat[24] = 1;
    call.charge_bytes(stat.len() as u64)?;
    Ok(call.put(out, &stat))
}
