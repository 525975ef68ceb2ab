//! What a guest says of itself, read without taking its code apart.

use genesis_abi::{MANIFEST_SECTION, Manifest};

/// Bytes before the first section: the magic number and the version.
const HEAD_BYTES: usize = 8;
/// Number of a custom section.
const CUSTOM: u8 = 0;

/// A guest's manifest; `None` when it has none. The error says why the one that it has cannot be read, which the
/// sandbox takes for none.
pub fn guest_manifest(wasm: &[u8]) -> Option<Result<Manifest, String>> {
    let mut rest = wasm.get(HEAD_BYTES..)?;
    loop {
        let (&kind, after) = rest.split_first()?;
        let (bytes, after) = number(after)?;
        let (section, after) = after.split_at_checked(bytes)?;
        rest = after;
        if kind != CUSTOM {
            continue;
        }
        let named = number(section).and_then(|(bytes, after)| after.split_at_checked(bytes));
        if let Some((name, data)) = named
            && name == MANIFEST_SECTION.as_bytes()
        {
            return Some(serde_json::from_slice(data).map_err(|error| error.to_string()));
        }
    }
}

/// An unsigned number of at most 32 bits in LEB128, and what stands behind it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (kind, bytes) in sections {
            wasm.push(*kind);
            wasm.push(0x80 | u8::try_from(bytes.len() & 0x7f).unwrap());
            wasm.push(u8::try_from(bytes.len() >> 7).unwrap());
            wasm.extend_from_slice(bytes);
        }
        wasm
    }

    fn custom(name: &str, data: &str) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(name.len()).unwrap()];
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(data.as_bytes());
        bytes
    }

    #[test]
    fn the_manifest_is_found_among_other_sections() {
        let text = r#"{"name":"a","version":"1.0.0","abi":1,"applies":"case"}"#;
        let (other, own) = (custom("name", text), custom(MANIFEST_SECTION, text));
        let wasm = module(&[(1, &[0; 300]), (0, &other), (0, &own), (11, &[1])]);
        assert_eq!(guest_manifest(&wasm).unwrap().unwrap().name, "a");
        assert!(guest_manifest(&module(&[(0, &other), (1, &own)])).is_none());
        let wrong = module(&[(0, &custom(MANIFEST_SECTION, r#"{"name":"a"}"#))]);
        assert!(guest_manifest(&wrong).unwrap().unwrap_err().contains("missing field"));
        // Cut anywhere, it is either found or there is none.
        for end in 0..wasm.len() {
            let found = guest_manifest(&wasm[..end]);
            assert!(found.is_none_or(|manifest| manifest.is_ok()), "{end}");
        }
    }
}
