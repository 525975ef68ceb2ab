//! Clocks and waiting. A guest that waits is given the time at once.

use super::call::Call;
use super::errno::Errno;
use crate::cost;
use crate::stop::Stop;

/// Most subscriptions of one call.
const SUBSCRIPTIONS_MAX: u32 = 1024;

const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;

const TAG_CLOCK: u8 = 0;
const TAG_READ: u8 = 1;
const TAG_WRITE: u8 = 2;

const CLOCK_REALTIME: u32 = 0;
const CLOCK_LAST: u32 = 3;
const CLOCK_ABSOLUTE: u16 = 1;

/// The other end is gone: no more will come on standard input.
const HANGUP: u16 = 1;

/// One nanosecond for every clock.
pub(super) fn clock_res_get(call: &mut Call<'_>, clock: u32, out: u32) -> Errno {
    if clock > CLOCK_LAST {
        return Errno::Inval;
    }
    call.put(out, &1_u64.to_le_bytes())
}

/// The clocks of process and thread count as the monotonic one does.
pub(super) fn clock_time_get(call: &mut Call<'_>, clock: u32, out: u32) -> Errno {
    match time(call, clock) {
        Some(ns) => call.put(out, &ns.to_le_bytes()),
        None => Errno::Inval,
    }
}

fn time(call: &Call<'_>, clock: u32) -> Option<u64> {
    match clock {
        CLOCK_REALTIME => Some(call.realtime_ns()),
        1..=CLOCK_LAST => Some(call.monotonic_ns()),
        _ => None,
    }
}

/// What one subscription waits for.
enum Wait {
    /// Comes after so many nanoseconds.
    After(u64),
    /// Is there: errno, bytes, flags.
    Ready(Errno, u64, u16),
}

/// Descriptors are always ready. When only clocks are waited for, the guest's clock advances to the first of them.
pub(super) fn poll_oneoff(
    call: &mut Call<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    written: u32,
) -> Result<Errno, Stop> {
    if count == 0 || count > SUBSCRIPTIONS_MAX {
        return Ok(Errno::Inval);
    }
    call.charge(u64::from(count) * cost::HOST_ITEM)?;
    let (Some(list), Some(_), Some(_)) = (
        call.slice(subscriptions, count * SUBSCRIPTION_BYTES),
        call.slice(events, count * EVENT_BYTES),
        call.slice(written, 4),
    ) else {
        return Ok(Errno::Fault);
    };
    let list = list.to_vec();
    let mut waits = Vec::with_capacity(count as usize);
    for subscription in list.chunks_exact(SUBSCRIPTION_BYTES as usize) {
        match wait(call, subscription) {
            Some(wait) => waits.push(wait),
            None => return Ok(Errno::Inval),
        }
    }

    let soonest =
        waits.iter().map(|wait| if let Wait::After(ns) = wait { *ns } else { 0 }).min().unwrap_or(0);
    if soonest > 0 {
        call.state.watch.sleep(soonest)?;
    }

    let mut happened = Vec::new();
    for (subscription, wait) in list.chunks_exact(SUBSCRIPTION_BYTES as usize).zip(&waits) {
        let (errno, bytes, flags) = match wait {
            Wait::After(ns) if *ns > soonest => continue,
            Wait::After(_) => (Errno::Success, 0, 0),
            Wait::Ready(errno, bytes, flags) => (*errno, *bytes, *flags),
        };
        let mut event = [0_u8; EVENT_BYTES as usize];
        event[..8].copy_from_slice(&subscription[..8]);
        event[8..10].copy_from_slice(&u16::from(errno as u8).to_le_bytes());
        event[10] = subscription[8];
        event[16..24].copy_from_slice(&bytes.to_le_bytes());
        event[24..26].copy_from_slice(&flags.to_le_bytes());
        happened.extend_from_slice(&event);
    }
    call.charge_bytes(happened.len() as u64)?;
    let number = u32::try_from(happened.len() / EVENT_BYTES as usize)
        .expect("at most as many events as subscriptions");
    Ok(match call.put(events, &happened) {
        Errno::Success => call.put_u32(written, number),
        errno => errno,
    })
}

/// `None` for a kind of subscription that does not exist.
fn wait(call: &Call<'_>, subscription: &[u8]) -> Option<Wait> {
    let number = |at: usize, bytes: usize| {
        let mut word = [0_u8; 8];
        word[..bytes].copy_from_slice(&subscription[at..at + bytes]);
        u64::from_le_bytes(word)
    };
    let id = u32::try_from(number(16, 4)).expect("four bytes are a u32");
    Some(match subscription[8] {
        TAG_CLOCK => {
            let (timeout, flags) = (number(24, 8), number(40, 2));
            match time(call, id) {
                None => Wait::Ready(Errno::Inval, 0, 0),
                Some(now) if flags & u64::from(CLOCK_ABSOLUTE) != 0 => {
                    Wait::After(timeout.saturating_sub(now))
                }
                Some(_) => Wait::After(timeout),
            }
        }
        TAG_READ => match call.state.stdio.readable(id) {
            Some(bytes) => Wait::Ready(Errno::Success, bytes, if bytes == 0 { HANGUP } else { 0 }),
            None => Wait::Ready(Errno::Badf, 0, 0),
        },
        TAG_WRITE if call.state.stdio.is_writable(id) => Wait::Ready(Errno::Success, 0, 0),
        TAG_WRITE => Wait::Ready(Errno::Badf, 0, 0),
        _ => return None,
    })
}
