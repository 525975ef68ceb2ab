//! The lines that a change touches, from git's own patch.

use genesis_report::ChangedLines;

/// Most lines of hunks that are told of one file.
const MOST_HUNKS: usize = 10_000;

/// Reads a patch without context.
pub(crate) fn changed_lines(patch: &str) -> ChangedLines {
    let mut lines_by_path = ChangedLines::new();
    let mut file: Option<String> = None;
    // Lines of the hunk that are still to come; they may look like anything.
    let mut left = 0_u32;
    for line in patch.lines() {
        if left > 0 {
            left -= u32::from(line.starts_with(['+', '-']));
        } else if line.starts_with("diff --git ") {
            file = None;
        } else if let Some(named) = line.strip_prefix("+++ ") {
            // A path with odd characters stands in quotes; its lines are not told.
            file = named.strip_prefix("b/").map(|path| path.trim_end_matches('\t').to_owned());
        } else if let Some((removed, first, added)) = hunk(line) {
            left = removed + added;
            if let Some(file) = file.as_ref().filter(|_| added > 0) {
                let ranges = lines_by_path.entry(file.clone()).or_default();
                if ranges.len() < MOST_HUNKS {
                    ranges.push((first, first + added - 1));
                }
            }
        }
    }
    lines_by_path
}

/// `@@ -a,b +c,d @@`: b, c and d.
fn hunk(line: &str) -> Option<(u32, u32, u32)> {
    let mut words = line.strip_prefix("@@ -")?.split(' ');
    let range = |word: &str| -> Option<(u32, u32)> {
        let (first, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((first.parse().ok()?, count.parse().ok()?))
    };
    let (_, removed) = range(words.next()?)?;
    let (first, added) = range(words.next()?.strip_prefix('+')?)?;
    Some((removed, first, added))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_are_read_and_what_they_hold_is_not() {
        let patch = "diff --git a/x.json b/x.json\n--- a/x.json\n+++ b/x.json\n@@ -3 +3,2 @@ context\n-old\n\
                     +++ b/not-a-file\n+@@ -1 +1 @@\n\\ No newline at end of file\n@@ -9,2 +10,0 @@\n-a\n-b\n\
                     diff --git a/gone b/gone\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
        let changed = changed_lines(patch);
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), [("x.json".to_owned(), vec![(3, 4)])]);
    }
}
