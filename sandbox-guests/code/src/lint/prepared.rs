//! Rules that are read before there is an input.
//!
//! To read a rule its patterns are parsed and its regular expressions compiled, which takes far longer than to apply it to
//! a file. What comes of it depends on nothing but the rule and the grammar. So a module reads the packs of its languages
//! when it is set up, and every run starts with them. A run is given all its rules in full nevertheless: one that is not
//! the same as a prepared one in every part is read as it is given.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::document::{Problem, Rule, id_of, read};
use super::language::Lang;
use crate::grammar::Grammar;

/// Rules of one language, by their ids.
type Prepared = HashMap<String, (Value, Rc<Rule>)>;

thread_local! {
    /// By the language's id.
    static PREPARED: RefCell<HashMap<&'static str, Prepared>> = RefCell::default();
}

/// Reads packs, each a JSON list of rules, for each of these grammars. Rules that cannot be read are left to the runs,
/// which have somebody to tell.
pub fn prepare(grammars: &[Grammar], packs: &[&str]) {
    let documents: Vec<Value> =
        packs.iter().filter_map(|pack| serde_json::from_str::<Vec<Value>>(pack).ok()).flatten().collect();
    PREPARED.with_borrow_mut(|prepared| {
        for grammar in grammars {
            let of_language = prepared.entry(grammar.id).or_default();
            for document in &documents {
                if let Ok(Some(rule)) = read(document, Lang(*grammar)) {
                    of_language.insert(id_of(document), (document.clone(), Rc::new(rule)));
                }
            }
        }
    });
}

/// A rule that was prepared, else one that is read now; nothing when its severity is `off`.
pub(super) fn rule(document: &Value, lang: Lang) -> Result<Option<Rc<Rule>>, Problem> {
    let ready = PREPARED.with_borrow(|prepared| {
        let id = document.get("id").and_then(Value::as_str)?;
        let (same, rule) = prepared.get(lang.0.id)?.get(id)?;
        (same == document).then(|| Rc::clone(rule))
    });
    match ready {
        Some(rule) => Ok(Some(rule)),
        None => Ok(read(document, lang)?.map(Rc::new)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::languages::PYTHON;

    fn document(message: &str) -> Value {
        json!({"id": "no-eval", "language": "python", "message": message, "rule": {"pattern": "eval($A)"}})
    }

    #[test]
    fn only_the_same_rule_for_the_same_language_is_the_prepared_one() {
        let lang = Lang(PYTHON);
        let rule = |document: &Value| rule(document, lang).ok().flatten().unwrap();
        assert!(!Rc::ptr_eq(&rule(&document("one")), &rule(&document("one"))), "nothing is prepared yet");
        prepare(&[PYTHON], &[&json!([document("one")]).to_string()]);
        let prepared = rule(&document("one"));
        assert!(Rc::ptr_eq(&prepared, &rule(&document("one"))));
        let other = rule(&document("two"));
        assert!(!Rc::ptr_eq(&prepared, &other));
        assert_eq!((prepared.message.as_str(), other.message.as_str()), ("one", "two"));
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_told_by_the_run_and_not_when_it_is_prepared() {
        let wrong = json!({"id": "wrong", "rule": {"kind": "no_such_kind"}});
        prepare(&[PYTHON], &[&json!([wrong]).to_string()]);
        assert!(rule(&wrong, Lang(PYTHON)).is_err_and(|problem| problem.never));
    }
}
