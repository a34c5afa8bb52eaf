//! What decoders must read or refuse without a panic: JSON of any shape with the names that matter, and right answers with damage.

use proptest::{prelude::*, sample::Index};
use serde_json::Value;

/// Texts that are wrong for every number.
const ODD: [&str; 5] = ["1e400", "-1", "NaN", "99999999999999999999999999999", "0.1"];

/// JSON of any shape, with the names and words that matter to a venue.
pub(crate) fn any_json(
    names: &'static [&'static str],
    words: &'static [&'static str],
) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop::sample::select([words, &ODD].concat()).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let entries = prop::collection::vec((prop::sample::select(names), inner.clone()), 0..12);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            entries.prop_map(|entries| {
                entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

/// A right answer or message with a few characters replaced, and the same cut short.
pub(crate) fn damaged(sound: Vec<&'static str>) -> impl Strategy<Value = [String; 2]> {
    let hits = prop::collection::vec((any::<Index>(), "[\"\\\\{}\\[\\],:0-9eE.+-]"), 0..4);
    (prop::sample::select(sound), hits, any::<Index>()).prop_map(|(text, hits, cut)| {
        let mut text = text.to_owned();
        for (place, with) in hits {
            let at = place.index(text.len());
            text.replace_range(at..=at, &with);
        }
        let shorter = text[..cut.index(text.len() + 1)].to_owned();
        [text, shorter]
    })
}
