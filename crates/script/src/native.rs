//! The functions of Rust that the prelude builds the API from.
//!
//! Promises: a host is reached only while a run is under way; after `drop`, `park` or the end of its time a script reaches
//! nothing more.

use crate::{
    host::{Held, Host, Refusal, Written},
    meter::Meter,
};
use rquickjs::{Array, Ctx, Exception, FromJs, Function, IntoJs, Null, Object, Value};
use std::{cell::RefCell, rc::Rc};

/// Values of one list that goes in or out.
pub(crate) const ITEMS_MAX: usize = 100_000;

/// What stands between a realm and the run that is under way.
pub(crate) struct Slot {
    pub(crate) host: RefCell<Option<Rc<RefCell<dyn Host>>>>,
    /// `drop` or `park`, and the reason.
    pub(crate) ending: RefCell<Option<(End, String)>>,
    /// The last thing that the host refused.
    pub(crate) refusal: RefCell<Option<Refusal>>,
    pub(crate) meter: Meter,
}

/// How a script asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Drop,
    Park,
}

impl Slot {
    pub(crate) fn new() -> Slot {
        Slot { host: RefCell::new(None), ending: RefCell::new(None), refusal: RefCell::new(None), meter: Meter::new() }
    }

    fn ask<T>(&self, ctx: &Ctx<'_>, act: impl FnOnce(&mut dyn Host) -> Result<T, Refusal>) -> rquickjs::Result<T> {
        if self.ending.borrow().is_some() || self.meter.is_over() {
            return Err(Exception::throw_type(ctx, "the script has ended"));
        }
        let host = self.host.borrow();
        let Some(Ok(mut host)) = host.as_ref().map(|host| host.try_borrow_mut()) else {
            return Err(Exception::throw_type(ctx, "there is no message"));
        };
        act(&mut *host).map_err(|refusal| {
            let error = Exception::throw_type(ctx, &refusal.what);
            *self.refusal.borrow_mut() = Some(refusal);
            error
        })
    }
}

/// A value of one of the three states, as JavaScript has it.
pub(crate) fn to_js<'js>(ctx: &Ctx<'js>, held: &Held) -> rquickjs::Result<Value<'js>> {
    match held {
        Held::Null => Null.into_js(ctx),
        Held::Empty => "".into_js(ctx),
        Held::Text(text) => text.as_str().into_js(ctx),
    }
}

/// Several of them.
pub(crate) fn list_to_js<'js>(ctx: &Ctx<'js>, list: &[Held]) -> rquickjs::Result<Value<'js>> {
    let array = Array::new(ctx.clone())?;
    for (at, held) in list.iter().enumerate() {
        array.set(at, to_js(ctx, held)?)?;
    }
    Ok(array.into_value())
}

/// A text, `null`, or a number as it is written.
pub(crate) fn from_js(value: &Value<'_>) -> Option<Held> {
    if value.is_null() {
        return Some(Held::Null);
    }
    if let Some(text) = value.as_string() {
        return text.to_string().ok().map(Held::text);
    }
    if let Some(number) = value.as_int() {
        return Some(Held::Text(number.to_string()));
    }
    value.as_float().filter(|number| number.is_finite()).map(|number| Held::Text(number.to_string()))
}

/// A list of them.
pub(crate) fn list_from_js(array: &Array<'_>) -> Option<Vec<Held>> {
    if array.len() > ITEMS_MAX {
        return None;
    }
    array.iter::<Value<'_>>().map(|item| item.ok().as_ref().and_then(from_js)).collect()
}

impl<'js> FromJs<'js> for Written {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Written> {
        let written = match value.as_array() {
            Some(array) => list_from_js(array).map(Written::Many),
            None => from_js(&value).map(Written::One),
        };
        written.ok_or_else(|| Exception::throw_type(ctx, "it is no value"))
    }
}

fn segment(handle: i32) -> Option<u32> {
    u32::try_from(handle).ok()
}

/// The object that the prelude takes.
pub(crate) fn functions<'js>(ctx: &Ctx<'js>, slot: &Rc<Slot>) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    message(ctx, slot, &native)?;
    segments(ctx, slot, &native)?;
    surroundings(ctx, slot, &native)?;
    Ok(native)
}

/// Reading and writing.
fn message<'js>(ctx: &Ctx<'js>, slot: &Rc<Slot>, native: &Object<'js>) -> rquickjs::Result<()> {
    let with = slot.clone();
    let get = move |ctx: Ctx<'js>, of: i32, path: String| {
        with.ask(&ctx, |host| host.get(segment(of), &path)).and_then(|held| to_js(&ctx, &held))
    };
    native.set("get", Function::new(ctx.clone(), get)?)?;
    let with = slot.clone();
    let all = move |ctx: Ctx<'js>, of: i32, path: String| {
        with.ask(&ctx, |host| host.all(segment(of), &path)).and_then(|list| list_to_js(&ctx, &list))
    };
    native.set("all", Function::new(ctx.clone(), all)?)?;
    let with = slot.clone();
    let set = move |ctx: Ctx<'js>, of: i32, path: String, value: Written| {
        with.ask(&ctx, |host| host.set(segment(of), &path, &value))
    };
    native.set("set", Function::new(ctx.clone(), set)?)?;
    let with = slot.clone();
    let remove = move |ctx: Ctx<'js>, of: i32, path: String| with.ask(&ctx, |host| host.remove(segment(of), &path));
    native.set("remove", Function::new(ctx.clone(), remove)?)?;
    let with = slot.clone();
    let raw = move |ctx: Ctx<'js>| with.ask(&ctx, |host| host.raw());
    native.set("raw", Function::new(ctx.clone(), raw)?)
}

fn segments<'js>(ctx: &Ctx<'js>, slot: &Rc<Slot>, native: &Object<'js>) -> rquickjs::Result<()> {
    let with = slot.clone();
    let named = move |ctx: Ctx<'js>, id: String| with.ask(&ctx, |host| host.segments(&id));
    native.set("segments", Function::new(ctx.clone(), named)?)?;
    let with = slot.clone();
    let insert = move |ctx: Ctx<'js>, id: String, beside: i32, is_after: bool| {
        with.ask(&ctx, |host| host.insert(&id, segment(beside), is_after))
    };
    native.set("insert", Function::new(ctx.clone(), insert)?)?;
    let with = slot.clone();
    let id = move |ctx: Ctx<'js>, of: u32| with.ask(&ctx, |host| host.name(of)).map(|(id, _)| id);
    native.set("id", Function::new(ctx.clone(), id)?)?;
    let with = slot.clone();
    let number = move |ctx: Ctx<'js>, of: u32| with.ask(&ctx, |host| host.name(of)).map(|(_, number)| number);
    native.set("number", Function::new(ctx.clone(), number)?)
}

/// Tables, the log, the grants, and the end.
fn surroundings<'js>(ctx: &Ctx<'js>, slot: &Rc<Slot>, native: &Object<'js>) -> rquickjs::Result<()> {
    let with = slot.clone();
    let table = move |ctx: Ctx<'js>, name: String| with.ask(&ctx, |host| host.table(&name));
    native.set("table", Function::new(ctx.clone(), table)?)?;
    let with = slot.clone();
    let row = move |ctx: Ctx<'js>, table: String, code: String, column: String| {
        with.ask(&ctx, |host| host.row(&table, &code, &column))
    };
    native.set("row", Function::new(ctx.clone(), row)?)?;
    let with = slot.clone();
    let log = move |ctx: Ctx<'js>, line: String| with.ask(&ctx, |host| host.log(&line));
    native.set("log", Function::new(ctx.clone(), log)?)?;
    let with = slot.clone();
    let now = move |ctx: Ctx<'js>| with.ask(&ctx, |host| Ok(host.now()));
    native.set("now", Function::new(ctx.clone(), now)?)?;
    let with = slot.clone();
    let random = move |ctx: Ctx<'js>| with.ask(&ctx, |host| Ok(host.random()));
    native.set("random", Function::new(ctx.clone(), random)?)?;
    let with = slot.clone();
    let end = move |ctx: Ctx<'js>, how: String, reason: String| -> rquickjs::Result<()> {
        with.ask(&ctx, |_| Ok(()))?;
        let end = if how == "drop" { End::Drop } else { End::Park };
        *with.ending.borrow_mut() = Some((end, reason));
        Err(Exception::throw_type(&ctx, "the script has ended"))
    };
    native.set("end", Function::new(ctx.clone(), end)?)
}
