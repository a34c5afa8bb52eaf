//! Query strings and forms as they are signed and sent.

use nija_core::Params;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 calls unreserved stays as it is.
pub(crate) const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Appends `name=value`, percent-encoded but for what the set leaves alone.
pub(crate) fn push(out: &mut String, name: &str, value: &str, set: &'static AsciiSet) {
    if !out.is_empty() {
        out.push('&');
    }
    out.extend(utf8_percent_encode(name, set));
    out.push('=');
    out.extend(utf8_percent_encode(value, set));
}

/// All of them but those of one name, which never leaves this machine.
pub(crate) fn without(params: &Params, name: &str, set: &'static AsciiSet) -> String {
    let mut out = String::new();
    for (key, value) in params.iter().filter(|(key, _)| key != name) {
        push(&mut out, key, value, set);
    }
    out
}
