//! The manifest in a module's custom section `genesis:guest`.

use serde_json::Value;

/// The manifest of a module or component, from its last section of that name at the top level.
pub(crate) fn read(wasm: &[u8]) -> Option<Value> {
    const SECTION: &[u8] = b"genesis:guest";
    let mut rest = wasm.get(8..)?;
    let mut found = None;
    while let Some((&id, after)) = rest.split_first() {
        let (length, after) = leb128(after)?;
        let (body, after) = after.split_at_checked(length)?;
        if id == 0 {
            let (name_length, body) = leb128(body)?;
            let (name, text) = body.split_at_checked(name_length)?;
            if name == SECTION {
                found = serde_json::from_slice(text).ok();
            }
        }
        rest = after;
    }
    found
}

/// A text field.
pub(crate) fn text<'a>(manifest: &'a Value, field: &str) -> &'a str {
    manifest[field].as_str().unwrap_or_default()
}

/// A list of texts.
pub(crate) fn list(manifest: &Value, field: &str) -> Vec<String> {
    let items = manifest[field].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}
