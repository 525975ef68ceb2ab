//! Work that is the same is done once.

use std::collections::BTreeMap;

use crate::runner::Runner;

/// Answers `count` questions on all threads, in order. Questions that are equal are asked once, and the others get the same
/// answer, unless it is none to share: then each is asked.
pub(crate) fn each_once<Q: Ord + Send, A: Clone + Send>(
    runner: &Runner,
    count: usize,
    question: impl Fn(usize) -> Q + Sync,
    ask: impl Fn(usize) -> A + Sync,
    may_be_shared: impl Fn(&A) -> bool,
) -> Vec<A> {
    let questions = runner.in_parallel(count, question);
    let mut first: BTreeMap<&Q, usize> = BTreeMap::new();
    let first: Vec<usize> = questions
        .iter()
        .enumerate()
        .map(|(index, question)| *first.entry(question).or_insert(index))
        .collect();
    let mut answers: Vec<Option<A>> = (0..count).map(|_| None).collect();
    let mut answer = |of: Vec<usize>| {
        let given = runner.in_parallel(of.len(), |position| ask(of[position]));
        for (index, given) in of.into_iter().zip(given) {
            answers[index] = Some(given);
        }
        answers.iter().map(|answer| answer.as_ref().is_some_and(&may_be_shared)).collect::<Vec<bool>>()
    };
    let shared = answer((0..count).filter(|&index| first[index] == index).collect());
    answer((0..count).filter(|&index| first[index] != index && !shared[first[index]]).collect());
    (0..count)
        .map(|index| {
            let answer = answers[index].as_ref().or(answers[first[index]].as_ref());
            answer.expect("the first of equal questions is asked").clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use genesis_sandbox::SandboxConfig;

    use super::*;

    #[test]
    fn equal_questions_are_asked_once_unless_their_answer_is_none_to_share() {
        let runner = Runner::new(SandboxConfig { slots: 1, cache_dir: None }, 2, |_| {}).unwrap();
        let questions = ["a", "b", "a", "odd", "b", "odd", "a"];
        let asked = Mutex::new(Vec::new());
        let answers = each_once(
            &runner,
            questions.len(),
            |index| questions[index],
            |index| {
                asked.lock().unwrap().push(index);
                (questions[index], index)
            },
            |(question, _)| *question != "odd",
        );
        let mut asked = asked.into_inner().unwrap();
        asked.sort_unstable();
        assert_eq!(asked, [0, 1, 3, 5]);
        let wanted = [("a", 0), ("b", 1), ("a", 0), ("odd", 3), ("b", 1), ("odd", 5), ("a", 0)];
        assert_eq!(answers, wanted);
    }
}
