//! Which features of WebAssembly a module uses that are off.
//!
//! The validator stops at the first one that it meets; here all of them are named. What is missed here the validator
//! still refuses, so this is about the message alone.

use std::collections::BTreeSet;

use wasmparser::{
    AbstractHeapType, CompositeInnerType, ConstExpr, HeapType, MemoryType, Operator, RefType, SubType,
    TableType, ValType,
};

use super::Malformed;

/// Features by the names that their proposals have.
#[derive(Default)]
pub(super) struct Features(BTreeSet<&'static str>);

impl Features {
    pub(super) fn uses(&mut self, feature: &'static str) {
        self.0.insert(feature);
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.0.into_iter().map(str::to_owned).collect()
    }

    pub(super) fn operator(&mut self, operator: &Operator<'_>) {
        if let Some(feature) = of_proposal(proposal(operator)) {
            self.uses(feature);
        }
    }

    /// A constant expression; how many operators it has.
    pub(super) fn constant(&mut self, expression: &ConstExpr<'_>) -> Result<u64, Malformed> {
        let mut steps = 0;
        for operator in expression.get_operators_reader() {
            self.operator(&operator?);
            steps += 1;
        }
        Ok(steps)
    }

    pub(super) fn ty(&mut self, ty: &SubType) {
        let composite = &ty.composite_type;
        if !ty.is_final || ty.supertype_idx.is_some() {
            self.uses("gc");
        }
        if composite.shared {
            self.uses("shared-everything threads");
        }
        if composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
            self.uses("custom descriptors");
        }
        match &composite.inner {
            CompositeInnerType::Func(function) => {
                function.params().iter().chain(function.results()).for_each(|value| self.value(*value));
            }
            CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => self.uses("gc"),
            CompositeInnerType::Cont(_) => self.uses("stack switching"),
        }
    }

    pub(super) fn value(&mut self, value: ValType) {
        if let ValType::Ref(reference) = value {
            self.reference(reference);
        }
    }

    pub(super) fn reference(&mut self, reference: RefType) {
        if matches!(reference, RefType::FUNCREF | RefType::EXTERNREF) {
            return;
        }
        match reference.heap_type() {
            HeapType::Abstract { shared: true, .. } => self.uses("shared-everything threads"),
            HeapType::Abstract { ty: AbstractHeapType::Exn | AbstractHeapType::NoExn, .. } => {
                self.uses("exceptions");
            }
            HeapType::Abstract { ty: AbstractHeapType::Cont | AbstractHeapType::NoCont, .. } => {
                self.uses("stack switching");
            }
            HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::Extern, .. }
            | HeapType::Concrete(_) => self.uses("function references"),
            HeapType::Abstract { .. } => self.uses("gc"),
            HeapType::Exact(_) => self.uses("custom descriptors"),
        }
    }

    pub(super) fn memory(&mut self, memory: &MemoryType) {
        if memory.memory64 {
            self.uses("memory64");
        }
        if memory.shared {
            self.uses("threads");
        }
        if memory.page_size_log2.is_some() {
            self.uses("custom page sizes");
        }
    }

    pub(super) fn table(&mut self, table: &TableType) {
        if table.table64 {
            self.uses("memory64");
        }
        if table.shared {
            self.uses("shared-everything threads");
        }
        self.reference(table.element_type);
    }
}

/// The proposal that an operator came with.
fn proposal(operator: &Operator<'_>) -> &'static str {
    macro_rules! of_each {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match operator {
                $(Operator::$op { .. } => stringify!($proposal),)*
                // The enumeration may grow; what is new is off.
                _ => "unknown",
            }
        };
    }
    wasmparser::for_each_operator!(of_each)
}

/// What a proposal is called when it is off; `None` when it is on.
fn of_proposal(proposal: &'static str) -> Option<&'static str> {
    Some(match proposal {
        "mvp" | "sign_extension" | "saturating_float_to_int" | "bulk_memory" | "reference_types" | "simd" => {
            return None;
        }
        "relaxed_simd" => "relaxed SIMD",
        "tail_call" => "tail calls",
        "legacy_exceptions" => "legacy exceptions",
        "shared_everything_threads" => "shared-everything threads",
        "function_references" => "function references",
        "stack_switching" => "stack switching",
        "wide_arithmetic" => "wide arithmetic",
        "memory_control" => "memory control",
        "custom_descriptors" => "custom descriptors",
        other => other,
    })
}
