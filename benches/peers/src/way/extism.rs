//! Extism: compiled once, a fresh plug-in for each run, with its limits of fuel, memory and time.

use std::time::Duration;

use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

use super::{Given, Way};
use crate::Result;

const FUEL: u64 = 1 << 40;
const PAGES: u32 = 1024;

pub const WITH_FUEL: &str = "Extism 1.30, fresh plug-in";

pub fn ways(given: &Given) -> Result<Vec<Way>> {
    Ok(vec![
        way(given, WITH_FUEL, "fuel, memory, time", Some(FUEL))?,
        way(given, "Extism 1.30, fresh plug-in, no fuel", "memory, time", None)?,
    ])
}

fn way(given: &Given, name: &'static str, metered: &'static str, fuel: Option<u64>) -> Result<Way> {
    let manifest = Manifest::new([Wasm::data(given.extism_guest.clone())])
        .with_memory_max(PAGES)
        .with_timeout(Duration::from_secs(5));
    let builder = PluginBuilder::new(manifest).with_wasi(true).with_cache_disabled();
    let builder = match fuel {
        Some(fuel) => builder.with_fuel_limit(fuel),
        None => builder,
    };
    let compiled = CompiledPlugin::new(builder)?;
    let (input, report) = (given.input.clone(), given.report.clone());
    let run = move || {
        let mut plugin = Plugin::new_from_compiled(&compiled).expect("a plug-in can be made");
        let given = plugin.call::<&[u8], &[u8]>("validate", &input).expect("the plug-in works");
        assert_eq!(given, report);
    };
    Ok(Way::new(name, "fresh instance", metered, run))
}
