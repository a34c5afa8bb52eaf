//! `Forwarded`, RFC 7239.
//!
//! Read strictly, quotes included: proxies put the client's `Host` into it, and a parser that splits at every `,` and `;` would take
//! `host="a;for=6.6.6.6"` for an address that the client chose.

use std::net::IpAddr;

use super::address;

/// The `for` of each element, `None` where it names no address; `None` at all for a line that breaks the grammar.
pub(super) fn read(line: &str) -> Option<Vec<Option<IpAddr>>> {
    let mut notes = Vec::new();
    let mut rest = line.trim();
    loop {
        let (element, after) = element(rest)?;
        notes.extend(element);
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return after.is_empty().then_some(notes),
        }
    }
}

/// One element and what follows it. An empty one, which lists may have, is no note.
fn element(mut rest: &str) -> Option<(Option<Option<IpAddr>>, &str)> {
    let (mut pairs, mut from) = (0, None);
    loop {
        if rest.is_empty() || rest.starts_with(',') {
            return Some(((pairs > 0).then(|| from.as_deref().and_then(address)), rest));
        }
        if let Some(next) = rest.strip_prefix(';') {
            rest = next.trim_start();
            continue;
        }
        let (name, after) = word(rest)?;
        let (text, after) = value(after.strip_prefix('=')?)?;
        pairs += 1;
        if name.eq_ignore_ascii_case("for") && from.replace(text).is_some() {
            return None;
        }
        rest = after.trim_start();
        if !(rest.is_empty() || rest.starts_with([',', ';'])) {
            return None;
        }
    }
}

fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (bare, after) = word(text)?;
        return Some((bare.to_owned(), after));
    };
    let (mut said, mut chars) = (String::new(), quoted.chars());
    loop {
        match chars.next()? {
            '"' => return Some((said, chars.as_str())),
            '\\' => said.push(chars.next()?),
            other => said.push(other),
        }
    }
}

/// A name or a bare value. `:` and brackets want quotes by the grammar; proxies that leave these out are understood.
fn word(text: &str) -> Option<(&str, &str)> {
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '=' | '"' | '\\');
    let (word, after) = text.split_at(text.find(ends).unwrap_or(text.len()));
    (!word.is_empty()).then_some((word, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_give_their_for_and_hide_nothing_in_quotes() {
        let some = |text: &str| Some(text.parse().unwrap());
        for (line, notes) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![some("192.0.2.60")]),
            ("For=\"[2001:db8:cafe::17]:4711\"", vec![some("2001:db8:cafe::17")]),
            ("for=192.0.2.43, for=198.51.100.17:99", vec![some("192.0.2.43"), some("198.51.100.17")]),
            ("for=192.0.2.43 ,, ;for=198.51.100.17; ", vec![some("192.0.2.43"), some("198.51.100.17")]),
            ("for=unknown, for=_gazonk, proto=https", vec![None, None, None]),
            ("for=192.0.2.1;host=\"a;for=6.6.6.6\"", vec![some("192.0.2.1")]),
            ("for=192.0.2.1;host=\"a,for=6.6.6.6\"", vec![some("192.0.2.1")]),
            ("for=192.0.2.1;host=\"a\\\",for=6.6.6.6\"", vec![some("192.0.2.1")]),
            ("", vec![]),
        ] {
            assert_eq!(read(line), Some(notes), "{line}");
        }
    }

    #[test]
    fn what_breaks_the_grammar_says_nothing() {
        for line in [
            "for",
            "for=",
            "=192.0.2.1",
            "for=192.0.2.1;for=6.6.6.6",
            "for=\"192.0.2.1",
            "for=\"192.0.2.1\\",
            "for=\"192.0.2.1\"6",
            "for=192.0.2.1 6.6.6.6",
            "x=\", for=192.0.2.1;host=\"a;for=6.6.6.6\"",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
