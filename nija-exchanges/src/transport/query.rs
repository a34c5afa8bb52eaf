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
    append(out, name, set);
    out.push('=');
    append(out, value, set);
}

/// Most texts are plain and copied as they are. Without a way out in the middle the check takes many bytes at once.
fn append(out: &mut String, text: &str, set: &'static AsciiSet) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'.') | (byte == b'_');
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        out.push_str(text);
    } else {
        out.extend(utf8_percent_encode(text, set));
    }
}

/// All of them but those of one name, which never leaves this machine.
pub(crate) fn without(params: &Params, name: &str, set: &'static AsciiSet) -> String {
    let mut out = String::new();
    for (key, value) in params.iter().filter(|(key, _)| key != name) {
        push(&mut out, key, value, set);
    }
    out
}
