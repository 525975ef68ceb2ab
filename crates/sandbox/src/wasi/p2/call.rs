//! One call from a component into the host: counted, charged, logged.

use wasmtime::StoreContextMut;
use wasmtime::component::Resource;

use super::super::call::Call;
use super::Function;
use super::io::StreamError;
use crate::run::State;
use crate::stop::Stop;

/// Runs `body` as the host function `function`. `logged` are the arguments that go into the log.
pub(super) fn enter<R: Ended>(
    mut store: StoreContextMut<'_, State>,
    function: Function,
    logged: &[Option<u64>],
    body: impl FnOnce(&mut Call<'_>) -> Result<R, Stop>,
) -> wasmtime::Result<R> {
    let fuel_left = store.get_fuel()?;
    let mut call = Call::by_value(store.data_mut(), fuel_left);
    let result = call.begin().and_then(|()| body(&mut call));
    let (fuel_left, moved) = (call.fuel_left, call.moved);
    call.state.log.record(function as u8, logged, moved, result.as_ref().ok().map(Ended::ended));
    store.set_fuel(fuel_left)?;
    result.map_err(wasmtime::Error::from)
}

/// What the log takes down of an argument: numbers as they are, of a handle what it stands for, of a list its length.
pub(super) trait Logged {
    fn logged(&self) -> Option<u64>;
}

impl Logged for u64 {
    fn logged(&self) -> Option<u64> {
        Some(*self)
    }
}

impl<T: 'static> Logged for Resource<T> {
    fn logged(&self) -> Option<u64> {
        Some(u64::from(self.rep()))
    }
}

impl<T> Logged for Vec<T> {
    fn logged(&self) -> Option<u64> {
        Some(self.len() as u64)
    }
}

/// How a call ended, for the log: 1 for an error result, else 0.
pub(super) trait Ended {
    fn ended(&self) -> u8 {
        0
    }
}

impl<T> Ended for Result<T, StreamError> {
    fn ended(&self) -> u8 {
        u8::from(self.is_err())
    }
}

macro_rules! always_well {
    ($($ty:ty),*) => {
        $(impl Ended for $ty {})*
    };
}

always_well!((), bool, u64, (u64, u64), String, super::Datetime);

impl<T> Ended for Vec<T> {}
impl<T> Ended for Option<T> {}
impl<T: 'static> Ended for Resource<T> {}
