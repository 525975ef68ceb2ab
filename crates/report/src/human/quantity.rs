//! Quantities in units for people.

/// A whole number with its thousands apart.
pub(crate) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes: `512 B`, `1.2 KiB`, `64 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    scaled(bytes, 1024, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// Units of fuel: `950`, `1.2 M`, `1 G`.
pub(super) fn fuel(units: u64) -> String {
    scaled(units, 1000, &["", "k", "M", "G", "T"]).trim_end().to_owned()
}

/// Microseconds: `830 us`, `1.2 ms`, `10 s`.
pub(super) fn micros(us: u64) -> String {
    scaled(us, 1000, &["us", "ms", "s"])
}

/// A number as exact as four decimals show it; `~` in front when they do not.
pub(super) fn number(number: f64) -> String {
    if number.abs() >= 1e15 {
        return format!("{number:e}");
    }
    let exact = number.to_string();
    let rounded = format!("{number:.4}");
    if exact.len() <= rounded.len() {
        return exact;
    }
    format!("~{}", rounded.trim_end_matches('0').trim_end_matches('.'))
}

fn scaled(number: u64, step: u64, units: &[&str]) -> String {
    let mut factor = 1_u64;
    let mut unit = 0;
    while unit + 1 < units.len() && number / factor >= step {
        factor *= step;
        unit += 1;
    }
    let tenths = u128::from(number) * 10 / u128::from(factor);
    let (whole, tenth) = (tenths / 10, tenths % 10);
    if tenth == 0 { format!("{whole} {}", units[unit]) } else { format!("{whole}.{tenth} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_stand_in_the_largest_unit_that_fits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(64 << 20), "64 MiB");
        assert_eq!(bytes(u64::MAX), "16777215.9 TiB");
        assert_eq!(fuel(950), "950");
        assert_eq!(fuel(1_000_000_000), "1 G");
        assert_eq!(micros(999), "999 us");
        assert_eq!(micros(12_340), "12.3 ms");
        assert_eq!(micros(100_000_000), "100 s");
        assert_eq!(whole(1_234_567), "1,234,567");
    }

    #[test]
    fn a_number_that_is_not_shown_exactly_says_so() {
        assert_eq!(number(0.95), "0.95");
        assert_eq!(number(1.0), "1");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(1.0 / 3.0), "~0.3333");
        assert_eq!(number(0.949_999_9), "~0.95");
        assert_eq!(number(1e300), "1e300");
        assert_eq!(number(f64::NAN), "NaN");
    }
}
