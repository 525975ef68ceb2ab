//! Arguments and environment: a program name, and nothing.

use super::call::Call;
use super::errno::Errno;
use crate::stop::Stop;

/// `argv[0]`; some runtimes fail without one.
const NAME: &[u8] = b"guest\0";

pub(super) fn args_sizes_get(call: &mut Call<'_>, count: u32, bytes: u32) -> Errno {
    let length = u32::try_from(NAME.len()).expect("the program name is short");
    put_two(call, (count, 1), (bytes, length))
}

pub(super) fn args_get(call: &mut Call<'_>, argv: u32, text: u32) -> Result<Errno, Stop> {
    call.charge_bytes(NAME.len() as u64)?;
    let errno = call.put_u32(argv, text);
    Ok(if errno == Errno::Success { call.put(text, NAME) } else { errno })
}

pub(super) fn environ_sizes_get(call: &mut Call<'_>, count: u32, bytes: u32) -> Errno {
    put_two(call, (count, 0), (bytes, 0))
}

fn put_two(call: &mut Call<'_>, first: (u32, u32), second: (u32, u32)) -> Errno {
    match call.put_u32(first.0, first.1) {
        Errno::Success => call.put_u32(second.0, second.1),
        errno => errno,
    }
}
