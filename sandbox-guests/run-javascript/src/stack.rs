//! QuickJS's own limit on the depth of calls.
//!
//! QuickJS built for WASI takes a limit but does not apply it: what it compares the stack with is a word of the
//! runtime's state that it keeps at 0. That word is the second behind the limit's size, and is written here. Each call
//! from Rust into QuickJS sets it back to 0, so it is written anew after each.

use std::cell::Cell;

use rquickjs::{Ctx, qjs};

/// Bytes of the guest's stack that code may use.
const STACK_BYTES: usize = 128 << 10;
/// What the limit is set to for a moment, to be found in the runtime's state.
const MARK: usize = 0x5eed_57ac;
/// Words of the runtime's state that are searched; it is larger.
const WORDS: usize = 96;

thread_local! {
    /// Where in the runtime's state the word lies, in words, and what is written there.
    static LIMIT: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// Finds the word, and counts the limit from here.
#[expect(unsafe_code, reason = "the runtime has no function that sets this word")]
pub(crate) fn start(ctx: &Ctx<'_>) {
    let here = &raw const ctx as usize;
    // SAFETY: the runtime lives as long as `ctx`, its state is a block of more than `WORDS` words, and nothing else
    // runs.
    let found = unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetMaxStackSize(runtime, MARK as _);
        let words = runtime.cast::<usize>();
        let found = (0..WORDS).find(|index| words.add(*index).read() == MARK);
        qjs::JS_SetMaxStackSize(runtime, STACK_BYTES as _);
        found
    };
    LIMIT.set(found.map(|index| (index + 2, here.saturating_sub(STACK_BYTES))));
    limit(ctx);
}

/// Writes the word.
#[expect(unsafe_code, reason = "the runtime has no function that sets this word")]
pub(crate) fn limit(ctx: &Ctx<'_>) {
    if let Some((index, lowest)) = LIMIT.get() {
        // SAFETY: as in `start`; the index is that of the word behind the two that `start` found by their content.
        unsafe {
            let words = qjs::JS_GetRuntime(ctx.as_raw().as_ptr()).cast::<usize>();
            words.add(index).write(lowest);
        }
    }
}
