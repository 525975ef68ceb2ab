//! The tree of calls, with the fuel of each stack.

use std::collections::{BTreeSet, HashMap};

use super::ProfiledStack;

/// Most stacks that are told apart. Recursion makes any number of them.
const MOST_STACKS: usize = 100_000;

/// Functions in the deepest stack.
const MOST_DEPTH: u32 = 500;

/// The name of what is no function of the guest's.
const ENGINE: &str = "(starting the module)";

/// Adds up fuel by stack.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Parameters of each function, by its index in the module as it was.
    parameters: Vec<u32>,
    /// The first stands for the host, which calls `_start`.
    stacks: Vec<Stack>,
    children: HashMap<(u32, u32), u32>,
    now: u32,
    /// Calls that are under way and have no stack of their own.
    merged: u64,
    merged_calls: u64,
    calls: u64,
    /// Fuel used when a function was last entered or left.
    mark: u64,
}

#[derive(Debug)]
struct Stack {
    caller: u32,
    function: u32,
    depth: u32,
    fuel: u64,
}

impl Recorder {
    pub(crate) fn new(parameters: Vec<u32>) -> Self {
        Self {
            parameters,
            stacks: vec![Stack { caller: 0, function: 0, depth: 0, fuel: 0 }],
            children: HashMap::new(),
            now: 0,
            merged: 0,
            merged_calls: 0,
            calls: 0,
            mark: 0,
        }
    }

    pub(super) fn parameters(&self, function: u32) -> u32 {
        self.parameters.get(function as usize).copied().unwrap_or_default()
    }

    /// A function is called, with this much fuel used.
    pub(super) fn enter(&mut self, function: u32, used: u64) {
        self.pass(used);
        self.calls += 1;
        if self.merged > 0 {
            self.merge();
            return;
        }
        if let Some(&known) = self.children.get(&(self.now, function)) {
            self.now = known;
            return;
        }
        let depth = self.stacks[self.now as usize].depth + 1;
        if self.stacks.len() >= MOST_STACKS || depth > MOST_DEPTH {
            self.merge();
            return;
        }
        let new = u32::try_from(self.stacks.len()).expect("there are at most a hundred thousand");
        self.stacks.push(Stack { caller: self.now, function, depth, fuel: 0 });
        self.children.insert((self.now, function), new);
        self.now = new;
    }

    /// The function that was called last and is not left yet returns.
    pub(super) fn leave(&mut self, used: u64) {
        self.pass(used);
        match self.merged.checked_sub(1) {
            Some(merged) => self.merged = merged,
            None => self.now = self.stacks[self.now as usize].caller,
        }
    }

    /// The run is over.
    pub(super) fn end(&mut self, used: u64) {
        self.pass(used);
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    pub(super) fn merged_calls(&self) -> u64 {
        self.merged_calls
    }

    pub(super) fn functions(&self) -> u64 {
        let called: BTreeSet<u32> = self.stacks[1..].iter().map(|stack| stack.function).collect();
        called.len() as u64
    }

    /// Every stack, callers first.
    pub(super) fn stacks(&self, names: &[String]) -> Vec<ProfiledStack> {
        let stack = |stack: &Stack| ProfiledStack {
            // The host's own place is left out, so each of the others moves up by one.
            caller: (stack.caller as usize).checked_sub(1),
            function: names[stack.function as usize].clone(),
            fuel: stack.fuel,
        };
        // What the engine itself runs, to start a module that has a start function.
        let engine = ProfiledStack { caller: None, function: ENGINE.to_owned(), fuel: self.stacks[0].fuel };
        self.stacks[1..].iter().map(stack).chain(Some(engine).filter(|engine| engine.fuel > 0)).collect()
    }

    fn merge(&mut self) {
        self.merged += 1;
        self.merged_calls += 1;
    }

    fn pass(&mut self, used: u64) {
        self.stacks[self.now as usize].fuel += used.saturating_sub(self.mark);
        self.mark = self.mark.max(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(stacks: &[ProfiledStack], index: usize) -> usize {
        1 + stacks[index].caller.map_or(0, |caller| depth(stacks, caller))
    }

    #[test]
    fn fuel_is_that_of_the_innermost_function() {
        let mut recorder = Recorder::new(vec![0; 3]);
        recorder.enter(0, 0);
        recorder.enter(1, 5);
        recorder.leave(15);
        recorder.enter(2, 20);
        recorder.leave(21);
        recorder.enter(1, 30);
        recorder.leave(31);
        recorder.end(40);
        let stacks = recorder.stacks(&["a", "b", "c"].map(str::to_owned));
        let expected = [(None, "a", 28), (Some(0), "b", 11), (Some(0), "c", 1)];
        let expected = expected.map(|(caller, function, fuel)| ProfiledStack {
            caller,
            function: function.to_owned(),
            fuel,
        });
        assert_eq!(stacks, expected);
        assert_eq!((recorder.calls(), recorder.functions(), recorder.merged_calls()), (4, 3, 0));
    }

    #[test]
    fn stacks_beyond_the_deepest_are_their_callers() {
        let mut recorder = Recorder::new(vec![0]);
        for call in 0..10_000 {
            recorder.enter(0, call);
        }
        for call in 0..10_000 {
            recorder.leave(10_000 + call);
        }
        recorder.end(19_999);
        let stacks = recorder.stacks(&["f".to_owned()]);
        assert_eq!((0..stacks.len()).map(|index| depth(&stacks, index)).max(), Some(MOST_DEPTH as usize));
        assert_eq!(stacks.iter().map(|stack| stack.fuel).sum::<u64>(), 19_999);
        assert_eq!(recorder.merged_calls(), 10_000 - u64::from(MOST_DEPTH));
        assert_eq!(recorder.now, 0, "every call was left");
    }

    #[test]
    fn more_stacks_than_are_kept_lose_no_fuel() {
        let calls = 2 * MOST_STACKS as u64;
        let mut recorder = Recorder::new(vec![0; 2 * MOST_STACKS]);
        recorder.enter(0, 0);
        for call in 1..calls {
            recorder.enter(u32::try_from(call).unwrap(), 2 * call);
            recorder.leave(2 * call + 1);
        }
        recorder.end(2 * calls);
        let names: Vec<String> = (0..calls).map(|call| call.to_string()).collect();
        let stacks = recorder.stacks(&names);
        assert_eq!(stacks.len(), MOST_STACKS - 1);
        assert_eq!(stacks.iter().map(|stack| stack.fuel).sum::<u64>(), 2 * calls);
    }
}
