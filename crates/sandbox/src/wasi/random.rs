//! Randomness from the seed.

use super::call::Call;
use super::errno::Errno;
use crate::stop::Stop;

/// Steele, Lea and Flood's SplitMix64: one nanosecond for 8 bytes. Guests use it for hash seeds; nothing here is a
/// secret, for the seed is part of what is published.
#[derive(Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next word of the stream.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(super) fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

pub(super) fn random_get(call: &mut Call<'_>, out: u32, bytes: u32) -> Result<Errno, Stop> {
    if call.slice(out, bytes).is_none() {
        return Ok(Errno::Fault);
    }
    call.charge_bytes(u64::from(bytes))?;
    if let Some((slice, state)) = call.slice_mut(out, bytes) {
        state.random.fill(slice);
    }
    Ok(Errno::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64s() {
        // The reference implementation's first outputs for seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_length_that_is_no_multiple_of_a_word_is_filled() {
        let mut bytes = [0_u8; 13];
        SplitMix64::new(7).fill(&mut bytes);
        assert!(bytes[8..].iter().any(|byte| *byte != 0));
    }
}
