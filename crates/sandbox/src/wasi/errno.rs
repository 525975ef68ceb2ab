//! The errno values of preview 1 that the layer returns.

/// What a host function returns to the guest. The numbers are the interface's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Errno {
    Success = 0,
    Badf = 8,
    Fault = 21,
    Inval = 28,
    Nosys = 52,
    Notdir = 54,
    Notsock = 57,
    Spipe = 70,
    Notcapable = 76,
}
