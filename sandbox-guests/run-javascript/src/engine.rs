//! QuickJS with what the code can use there.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rquickjs::context::EvalOptions;
use rquickjs::function::Func;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::promise::PromiseState;
use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Exception, Function, Module, Object, Persistent, Promise,
    Result, Runtime, Value,
};

use crate::modules::{self, OWN};
use crate::source::{Kind, Source};

/// Bytes that the code may have allocated at one time, before it gets QuickJS's own error.
const MEMORY_BYTES: usize = 128 << 20;
/// Largest output that is kept, in bytes.
const OUTPUT_BYTES: usize = 64 << 10;

const PRELUDE: [(&str, &str); 11] = [
    ("genesis:native", include_str!("prelude/native.js")),
    ("genesis:inspect", include_str!("prelude/inspect.js")),
    ("genesis:equal", include_str!("prelude/equal.js")),
    ("genesis:assert", include_str!("prelude/assert.js")),
    ("genesis:timers", include_str!("prelude/timers.js")),
    ("genesis:mock", include_str!("prelude/mock.js")),
    ("genesis:expect", include_str!("prelude/expect.js")),
    ("genesis:tests", include_str!("prelude/tests.js")),
    ("genesis:modules", include_str!("prelude/modules.js")),
    ("genesis:environment", include_str!("prelude/environment.js")),
    ("genesis:runner", include_str!("prelude/runner.js")),
];

/// What a CommonJS file is wrapped in. Its length is taken off the columns of the first line.
pub(crate) const WRAPPER: &str = "(function (exports, require, module, __filename, __dirname) { ";

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
    static GIVEN: RefCell<Given> = RefCell::new(Given::default());
}

struct Engine {
    context: Context,
    runner: Persistent<Object<'static>>,
}

/// What the code is given, and what it wrote.
#[derive(Default)]
pub(crate) struct Given {
    /// What can be run.
    pub(crate) sources: BTreeMap<String, Source>,
    /// The paths of all that can be imported, what does not parse included.
    pub(crate) paths: BTreeSet<String>,
    /// Path to text of every file, as JSON.
    pub(crate) files: String,
    /// The answers, as JSON.
    pub(crate) answers: String,
    pub(crate) output: String,
    pub(crate) output_truncated: bool,
}

/// Makes the engine when there is none.
pub(crate) fn prepare() {
    ENGINE.with_borrow_mut(|engine| {
        if engine.is_none() {
            // Only a defect of this guest can stop it here; the run then ends without a report.
            *engine = Some(Engine::new().expect("the engine starts: it is given nothing that could stop it"));
        }
    });
}

/// Hands over what the code is given.
pub(crate) fn give(given: Given) {
    GIVEN.set(given);
}

/// Takes back what the code was given, with what it wrote.
pub(crate) fn take() -> Given {
    GIVEN.take()
}

/// Looks at what the code is given.
pub(crate) fn given<T>(look: impl FnOnce(&Given) -> T) -> T {
    GIVEN.with_borrow(look)
}

/// Calls a function of the runner and gives its text. `Err` is what was thrown, in words.
pub(crate) fn call(name: &str, argument: &str, is_loading: bool) -> std::result::Result<String, String> {
    prepare();
    let (context, runner) = ENGINE.with_borrow(|engine| {
        let engine = engine.as_ref().expect("it was just made");
        (engine.context.clone(), engine.runner.clone())
    });
    context.with(|ctx| {
        let called = runner.restore(&ctx).and_then(|runner| {
            let function: Function<'_> = runner.get(name)?;
            let result: Value<'_> = function.call((argument,))?;
            let Some(promise) = result.clone().into_promise() else { return result.get::<Option<String>>() };
            let step: Function<'_> = runner.get("step")?;
            drive(&ctx, &promise, &step, is_loading)?;
            promise.result::<Option<String>>().unwrap_or(Ok(None))
        });
        called.catch(&ctx).map(Option::unwrap_or_default).map_err(|error| words(&error))
    })
}

/// Lets everything run that can until the promise is settled or nothing moves any more; when a file was loaded, until
/// its timers of the next virtual second have run.
fn drive<'js>(ctx: &Ctx<'js>, promise: &Promise<'js>, step: &Function<'js>, is_loading: bool) -> Result<()> {
    loop {
        while ctx.execute_pending_job() {}
        let is_settled = promise.state() != PromiseState::Pending;
        if is_settled && !is_loading {
            return Ok(());
        }
        if !step.call::<_, bool>((is_loading && is_settled,))? {
            return Ok(());
        }
    }
}

fn words(error: &CaughtError<'_>) -> String {
    match error {
        CaughtError::Exception(exception) => exception.message().unwrap_or_default(),
        CaughtError::Value(value) => format!("a value of type {} was thrown", value.type_name()),
        CaughtError::Error(error) => error.to_string(),
    }
}

impl Engine {
    fn new() -> Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(MEMORY_BYTES);
        runtime.set_loader(Files, Files);
        let context = Context::full(&runtime)?;
        let runner = context.with(|ctx| {
            let native = Object::new(ctx.clone())?;
            native.set("answers", Func::from(|| given(|given| given.answers.clone())))?;
            native.set("files", Func::from(|| given(|given| given.files.clone())))?;
            native.set("write", Func::from(write))?;
            native.set("resolve", Function::new(ctx.clone(), resolve)?)?;
            native.set("kindOf", Func::from(kind_of))?;
            native.set("evaluate", Function::new(ctx.clone(), evaluate)?)?;
            native.set("importNow", Function::new(ctx.clone(), import_now)?)?;
            ctx.globals().set("__genesis", native)?;
            let loaded = Module::import(&ctx, "genesis:runner")?;
            while ctx.execute_pending_job() {}
            let runner: Object<'_> = loaded.finish()?;
            Ok::<_, rquickjs::Error>(Persistent::save(&ctx, runner))
        })?;
        runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, is_handled| {
            let runner = ENGINE.with_borrow(|engine| engine.as_ref().map(|engine| engine.runner.clone()));
            let Some(runner) = runner else { return };
            let told = runner.restore(&ctx).and_then(|runner| {
                let rejected: Function<'_> = runner.get("rejected")?;
                rejected.call::<_, ()>((promise, reason, is_handled))
            });
            if told.is_err() {
                // There was no memory left to keep the reason; the error that says so is on its way already.
                ctx.catch();
            }
        })));
        Ok(Self { context, runner })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a function for QuickJS takes its arguments by value")]
fn write(text: String) {
    GIVEN.with_borrow_mut(|given| {
        let room = OUTPUT_BYTES - given.output.len();
        let kept = text.floor_char_boundary(room);
        given.output_truncated |= kept < text.len();
        given.output.push_str(&text[..kept]);
    });
}

#[expect(clippy::needless_pass_by_value, reason = "a function for QuickJS takes its arguments by value")]
fn resolve(ctx: Ctx<'_>, base: String, name: String) -> Result<String> {
    given(|given| modules::resolve(&given.paths, &base, &name))
        .map_err(|why| Exception::throw_message(&ctx, &why))
}

#[expect(clippy::needless_pass_by_value, reason = "a function for QuickJS takes its arguments by value")]
fn kind_of(path: String) -> &'static str {
    if modules::is_offered(&path) {
        return "offered";
    }
    match given(|given| given.sources.get(&path).map(|source| source.kind)) {
        Some(Kind::CommonJs) => "commonjs",
        Some(Kind::Json) => "json",
        Some(Kind::Module) | None => "module",
    }
}

/// The function that a CommonJS file is, or the text of a file that is data.
fn evaluate(ctx: Ctx<'_>, path: String) -> Result<Value<'_>> {
    let Some((kind, code)) =
        given(|given| given.sources.get(&path).map(|source| (source.kind, source.code.clone())))
    else {
        return Err(Exception::throw_message(&ctx, &format!("`{path}` cannot be run: it does not parse")));
    };
    if kind == Kind::Json {
        return Ok(rquickjs::String::from_str(ctx, &code)?.into_value());
    }
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(path);
    ctx.eval_with_options(format!("{WRAPPER}{code}\n}})"), options)
}

/// Imports an ES module for a CommonJS file, which cannot wait for it.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands over what a function takes")]
fn import_now(ctx: Ctx<'_>, path: String) -> Result<Value<'_>> {
    let promise = Module::import(&ctx, path.as_str())?;
    while promise.state() == PromiseState::Pending && ctx.execute_pending_job() {}
    match promise.result::<Value<'_>>() {
        Some(result) => result,
        None => Err(Exception::throw_message(
            &ctx,
            &format!("`{path}` cannot be required: it awaits something while it is loaded"),
        )),
    }
}

/// Finds and loads modules among the given files.
struct Files;

impl Resolver for Files {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        // The engine's own first import comes from no module.
        let own = base.is_empty() || base.starts_with(OWN) || is_facade(base);
        if own && PRELUDE.iter().any(|(own, _)| *own == name) {
            return Ok(name.to_owned());
        }
        // An import from Rust comes from no file and is resolved already.
        if given(|given| base.is_empty() && given.paths.contains(name)) {
            return Ok(name.to_owned());
        }
        given(|given| modules::resolve(&given.paths, base, name))
            .map_err(|why| Exception::throw_message(ctx, &why))
    }
}

impl Loader for Files {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if let Some((_, code)) = PRELUDE.iter().find(|(own, _)| *own == name) {
            return Module::declare(ctx.clone(), name, *code);
        }
        let code = given(|given| {
            let source = given.sources.get(name)?;
            (source.kind == Kind::Module).then(|| source.code.clone())
        });
        let code = match code {
            Some(code) => code,
            None if given(|given| given.sources.contains_key(name)) || modules::is_offered(name) => {
                facade(ctx, name)?
            }
            None => {
                let why = format!("`{name}` cannot be imported: it does not parse");
                return Err(Exception::throw_message(ctx, &why));
            }
        };
        Module::declare(ctx.clone(), name, code)
    }
}

/// Whether an ES module stands for this one, which is none.
fn is_facade(name: &str) -> bool {
    let is_none = |given: &Given| given.sources.get(name).is_some_and(|source| source.kind != Kind::Module);
    modules::is_offered(name) || given(is_none)
}

/// An ES module that stands for one which is none.
fn facade(ctx: &Ctx<'_>, name: &str) -> Result<String> {
    let runner = ENGINE.with_borrow(|engine| engine.as_ref().map(|engine| engine.runner.clone()));
    let Some(runner) = runner else {
        return Err(Exception::throw_message(ctx, "the engine is not ready"));
    };
    let names: Function<'_> = runner.restore(ctx)?.get("names")?;
    let names: String = names.call((name,))?;
    let names: Vec<String> = serde_json::from_str(&names).unwrap_or_default();
    let quoted = serde_json::Value::from(name);
    let named: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(index, name)| format!("const e{index} = all.{name};\nexport {{ e{index} as {name} }};\n"))
        .collect();
    Ok(format!(
        "import {{ byDefault, held }} from \"genesis:modules\";\nconst all = held({quoted});\n\
         export default byDefault({quoted});\n{}",
        named.concat()
    ))
}
