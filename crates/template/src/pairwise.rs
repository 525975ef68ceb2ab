//! A covering array: rows of values such that every pair of values of two answers stands together in some row.

/// Most pairs that are kept track of; beyond it rows are drawn at random instead.
const MOST_PAIRS: usize = 300_000;

/// Most pairs, beyond four for each row, that are tried in vain.
const MOST_FAILURES: usize = 1_000;

/// One answer with one of its values, both by index.
pub(crate) type Setting = (usize, usize);

/// What is special about the answers: a value may need others (a question that is asked only when another is yes), and
/// a row may come out differently from what was asked for.
pub(crate) trait Rules {
    /// The settings without which these cannot stand in a row, themselves included; `None` when they never can.
    fn needs(&self, settings: [Setting; 2]) -> Option<Vec<Setting>>;
    /// What a row comes out as, `None` for an answer that is absent; `None` altogether when the row is refused.
    fn settle(&mut self, row: &[usize]) -> Option<Vec<Option<usize>>>;
}

/// The rows, and how much they cover.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cover {
    pub(crate) rows: Vec<Vec<usize>>,
    /// Pairs that can stand in a row; `None` when they are too many to count.
    pub(crate) pairs: Option<usize>,
    /// Those that do.
    pub(crate) covered: usize,
}

/// Builds rows until every pair that can be covered is, or there are `most` rows. `sizes` are the numbers of values.
/// The same arguments give the same rows.
pub(crate) fn cover(sizes: &[usize], most: usize, seed: u64, rules: &mut dyn Rules) -> Cover {
    let mut random = Random::new(seed);
    let Some(mut pairs) = Pairs::new(sizes) else { return random_rows(sizes, most, &mut random, rules) };
    let mut cover = Cover::default();
    let mut impossible = 0;
    // A pair that does not come about costs as much as a row; hostile conditions could make most of them so.
    let mut tries = most.saturating_mul(4).saturating_add(MOST_FAILURES);
    while cover.rows.len() < most
        && tries > 0
        && let Some(target) = pairs.next_open()
    {
        let settled = rules.needs(target).and_then(|needed| {
            tries -= 1;
            let row = pairs.row_for(&needed, sizes, &mut random);
            rules.settle(&row).map(|settled| (row, settled))
        });
        let stands = settled.as_ref().is_some_and(|(_, settled)| {
            target.iter().all(|(answer, value)| settled[*answer] == Some(*value))
        });
        match settled {
            Some((row, settled)) if stands => {
                cover.covered += pairs.close(&settled);
                cover.rows.push(row);
            }
            _ => {
                pairs.close_one(target);
                impossible += 1;
            }
        }
    }
    cover.pairs = Some(pairs.total - impossible);
    cover
}

fn random_rows(sizes: &[usize], most: usize, random: &mut Random, rules: &mut dyn Rules) -> Cover {
    let mut cover = Cover::default();
    for _ in 0..most {
        let row: Vec<usize> = sizes.iter().map(|size| random.below(*size)).collect();
        if rules.settle(&row).is_some() {
            cover.rows.push(row);
        }
    }
    cover
}

/// Which pairs still have to stand in a row. Laid out by pair of answers, then by pair of values.
struct Pairs {
    open: Vec<bool>,
    /// Where the pairs of answers (left, right), left < right, begin.
    starts: Vec<usize>,
    sizes: Vec<usize>,
    total: usize,
    next: usize,
}

impl Pairs {
    fn new(sizes: &[usize]) -> Option<Self> {
        let count = sizes.len();
        let mut starts = vec![0; count.checked_mul(count).filter(|cells| *cells <= MOST_PAIRS)?];
        let mut total = 0_usize;
        for left in 0..count {
            for right in left + 1..count {
                starts[left * count + right] = total;
                total = total.checked_add(sizes[left].checked_mul(sizes[right])?)?;
            }
        }
        (total <= MOST_PAIRS).then(|| Self {
            open: vec![true; total],
            starts,
            sizes: sizes.to_vec(),
            total,
            next: 0,
        })
    }

    fn index(&self, (left, a): Setting, (right, b): Setting) -> usize {
        let ((left, a), (right, b)) =
            if left < right { ((left, a), (right, b)) } else { ((right, b), (left, a)) };
        self.starts[left * self.sizes.len() + right] + a * self.sizes[right] + b
    }

    /// The first pair that is open.
    fn next_open(&mut self) -> Option<[Setting; 2]> {
        self.next += self.open[self.next..].iter().position(|open| *open)?;
        let count = self.sizes.len();
        for left in 0..count {
            for right in left + 1..count {
                let start = self.starts[left * count + right];
                let size = self.sizes[left] * self.sizes[right];
                if (start..start + size).contains(&self.next) {
                    let inside = self.next - start;
                    return Some([(left, inside / self.sizes[right]), (right, inside % self.sizes[right])]);
                }
            }
        }
        None
    }

    /// A row with the given settings; every other answer takes the value that covers most, the first after a random
    /// place when several do.
    fn row_for(&self, fixed: &[Setting], sizes: &[usize], random: &mut Random) -> Vec<usize> {
        let mut row: Vec<Option<usize>> = vec![None; sizes.len()];
        for (answer, value) in fixed {
            row[*answer] = Some(*value);
        }
        for answer in 0..sizes.len() {
            if row[answer].is_some() {
                continue;
            }
            let offset = random.below(sizes[answer]);
            let best = (0..sizes[answer])
                .map(|step| (step + offset) % sizes[answer])
                .map(|value| (self.gain((answer, value), &row), value))
                .fold((0, offset), |best, next| if next.0 > best.0 { next } else { best });
            row[answer] = Some(best.1);
        }
        row.into_iter().map(|value| value.unwrap_or(0)).collect()
    }

    fn gain(&self, setting: Setting, row: &[Option<usize>]) -> usize {
        let others = row.iter().enumerate().filter_map(|(answer, value)| Some((answer, (*value)?)));
        others.filter(|other| other.0 != setting.0 && self.open[self.index(setting, *other)]).count()
    }

    /// Marks all pairs of a row; gives how many were open.
    fn close(&mut self, row: &[Option<usize>]) -> usize {
        let present: Vec<Setting> =
            row.iter().enumerate().filter_map(|(answer, value)| Some((answer, (*value)?))).collect();
        let mut closed = 0;
        for (position, left) in present.iter().enumerate() {
            for right in &present[position + 1..] {
                let index = self.index(*left, *right);
                closed += usize::from(std::mem::replace(&mut self.open[index], false));
            }
        }
        closed
    }

    fn close_one(&mut self, [left, right]: [Setting; 2]) {
        let index = self.index(left, right);
        self.open[index] = false;
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next()) * u128::try_from(end).unwrap_or(u128::MAX >> 64);
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Free;

    impl Rules for Free {
        fn needs(&self, settings: [Setting; 2]) -> Option<Vec<Setting>> {
            Some(settings.to_vec())
        }
        fn settle(&mut self, row: &[usize]) -> Option<Vec<Option<usize>>> {
            Some(row.iter().copied().map(Some).collect())
        }
    }

    /// Answer 1 is absent unless answer 0 has value 1.
    struct Chained;

    impl Rules for Chained {
        fn needs(&self, settings: [Setting; 2]) -> Option<Vec<Setting>> {
            let mut needed = settings.to_vec();
            if settings.iter().any(|(answer, _)| *answer == 1) {
                if settings.contains(&(0, 0)) {
                    return None;
                }
                needed.push((0, 1));
            }
            Some(needed)
        }
        fn settle(&mut self, row: &[usize]) -> Option<Vec<Option<usize>>> {
            Some((0..row.len()).map(|answer| (answer != 1 || row[0] == 1).then_some(row[answer])).collect())
        }
    }

    proptest! {
        #[test]
        fn every_pair_stands_in_some_row(sizes in prop::collection::vec(1_usize..6, 2..9), seed: u64) {
            let cover = cover(&sizes, usize::MAX, seed, &mut Free);
            for left in 0..sizes.len() {
                for right in left + 1..sizes.len() {
                    for a in 0..sizes[left] {
                        for b in 0..sizes[right] {
                            prop_assert!(cover.rows.iter().any(|row| row[left] == a && row[right] == b));
                        }
                    }
                }
            }
            prop_assert_eq!(cover.pairs, Some(cover.covered));
        }

        #[test]
        fn the_same_seed_gives_the_same_rows(sizes in prop::collection::vec(1_usize..5, 0..7), seed: u64) {
            prop_assert_eq!(cover(&sizes, 50, seed, &mut Free), cover(&sizes, 50, seed, &mut Free));
        }
    }

    #[test]
    fn ten_booleans_need_far_fewer_rows_than_a_thousand() {
        let cover = cover(&[2; 10], usize::MAX, 1, &mut Free);
        assert!(cover.rows.len() <= 14, "{}", cover.rows.len());
    }

    #[test]
    fn a_pair_that_cannot_stand_is_not_counted() {
        let cover = cover(&[2, 3, 2], usize::MAX, 7, &mut Chained);
        // 6 + 4 + 6 pairs, of which the three with answer 0 = 0 and answer 1 cannot stand.
        assert_eq!((cover.pairs, cover.covered), (Some(13), 13));
    }

    #[test]
    fn too_many_pairs_are_drawn_at_random_within_the_cap() {
        let cover = cover(&[1_000; 1_000], 20, 3, &mut Free);
        assert_eq!((cover.rows.len(), cover.pairs), (20, None));
    }
}
