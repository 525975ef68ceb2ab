#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| genesis_fuzz::targets::modules::modules(data));
