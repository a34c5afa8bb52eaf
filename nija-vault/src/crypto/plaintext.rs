//! The credential's own forms: the JSON that was sealed, and the bytes that are stored.
//!
//! The JSON is read by hand: a general parser unescapes into buffers that it frees without wiping, and every PEM key and
//! many Base64 ones come escaped.

use nija_core::{CredentialSecret, VaultError};
use zeroize::Zeroizing;

/// Far above any venue's key, far below what could hurt.
const MAX_JSON: usize = 16 * 1024;

/// Reads `{"key": "...", "secret": "...", "passphrase": "..."}`; the passphrase may be absent or null.
pub(crate) fn parse_sealed_json(json: &[u8]) -> Result<CredentialSecret, VaultError> {
    parse(json).map_err(VaultError::Malformed)
}

fn parse(json: &[u8]) -> Result<CredentialSecret, &'static str> {
    if json.len() > MAX_JSON {
        return Err("it is longer than 16 KiB");
    }
    let text = std::str::from_utf8(json).map_err(|_| "it is not UTF-8")?;
    let mut reader = Reader { text, at: 0 };
    let (mut key, mut secret, mut passphrase) = (None, None, None);
    reader.expect(b'{')?;
    loop {
        let name = reader.string()?;
        reader.expect(b':')?;
        let slot = match name.as_str() {
            "key" => &mut key,
            "secret" => &mut secret,
            "passphrase" => &mut passphrase,
            _ => return Err("it has a field other than key, secret and passphrase"),
        };
        if slot.is_some() {
            return Err("a field appears twice");
        }
        *slot = Some(reader.string_or_null()?);
        match reader.next()? {
            b',' => {}
            b'}' => break,
            _ => return Err("it is not valid JSON"),
        }
    }
    reader.skip_space();
    if reader.at != text.len() {
        return Err("something follows the object");
    }
    let filled = |slot: Option<Option<Zeroizing<String>>>| slot.flatten().filter(|text| !text.is_empty());
    let mut key = filled(key).ok_or("the key is missing or empty")?;
    let mut secret = filled(secret).ok_or("the secret is missing or empty")?;
    let passphrase = filled(passphrase).map(|mut text| std::mem::take(&mut *text));
    Ok(CredentialSecret::new(std::mem::take(&mut *key), std::mem::take(&mut *secret), passphrase))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        while matches!(self.text.as_bytes().get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Result<u8, &'static str> {
        self.skip_space();
        let byte = self.text.as_bytes().get(self.at).copied();
        self.at += 1;
        byte.ok_or("it ends too early")
    }

    fn expect(&mut self, wanted: u8) -> Result<(), &'static str> {
        if self.next()? == wanted { Ok(()) } else { Err("it is not a JSON object of texts") }
    }

    fn string_or_null(&mut self) -> Result<Option<Zeroizing<String>>, &'static str> {
        self.skip_space();
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with("null")) {
            self.at += 4;
            return Ok(None);
        }
        self.string().map(Some)
    }

    fn string(&mut self) -> Result<Zeroizing<String>, &'static str> {
        self.expect(b'"')?;
        let rest = self.text.get(self.at..).ok_or("it ends too early")?;
        // Never shorter than the result, so the buffer never moves and leaves a copy behind.
        let mut out = Zeroizing::new(String::with_capacity(rest.len()));
        let mut chars = rest.char_indices();
        while let Some((offset, char)) = chars.next() {
            match char {
                '"' => {
                    self.at += offset + 1;
                    return Ok(out);
                }
                '\\' => out.push(unescape(&mut chars)?),
                '\0'..='\u{1f}' => return Err("a text holds a bare control character"),
                _ => out.push(char),
            }
        }
        Err("it ends too early")
    }
}

fn unescape(chars: &mut std::str::CharIndices<'_>) -> Result<char, &'static str> {
    const BAD: &str = "a text holds an escape that JSON does not have";
    Ok(match chars.next().ok_or(BAD)?.1 {
        char @ ('"' | '\\' | '/') => char,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = utf16_unit(chars).ok_or(BAD)?;
            let code = if (0xd800..0xdc00).contains(&first) {
                let paired = matches!((chars.next(), chars.next()), (Some((_, '\\')), Some((_, 'u'))));
                let second = utf16_unit(chars).filter(|unit| paired && (0xdc00..0xe000).contains(unit));
                0x10000 + ((first - 0xd800) << 10) + (second.ok_or(BAD)? - 0xdc00)
            } else {
                first
            };
            char::from_u32(code).ok_or(BAD)?
        }
        _ => return Err(BAD),
    })
}

fn utf16_unit(chars: &mut std::str::CharIndices<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| {
        let digit = chars.next()?.1.to_digit(16)?;
        Some(unit * 16 + digit)
    })
}

/// The stored form ([`CredentialSecret::to_bytes`]).
pub(crate) fn encode_secret(secret: &CredentialSecret) -> Zeroizing<Vec<u8>> {
    secret.to_bytes("to put it into its envelope")
}

/// Reads the stored form.
pub(crate) fn decode_secret(bytes: &[u8]) -> Result<CredentialSecret, VaultError> {
    CredentialSecret::from_bytes(bytes).ok_or(VaultError::Envelope("its content is not a credential"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(secret: &CredentialSecret) -> (String, String, Option<String>) {
        (
            secret.expose_key("test").to_owned(),
            secret.expose_secret("test").to_owned(),
            secret.expose_passphrase("test").map(str::to_owned),
        )
    }

    #[test]
    fn what_is_not_a_key_and_a_secret_is_refused() {
        for bad in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"key":"a"}"#,
            r#"{"key":"a","secret":""}"#,
            r#"{"key":"a","secret":null}"#,
            r#"{"key":"a","secret":7}"#,
            r#"{"key":"a","secret":"b","key":"c"}"#,
            r#"{"key":"a","secret":"b","url":"c"}"#,
            r#"{"key":"a","secret":"b"} x"#,
            r#"{"key":"a","secret":"b",}"#,
            r#"{"key":"a","secret":"b"#,
            r#"{"key":"a","secret":"\ud800"}"#,
            r#"{"key":"a","secret":"\x"}"#,
            "{\"key\":\"a\",\"secret\":\"b\nc\"}",
        ] {
            let parsed = parse_sealed_json(bad.as_bytes());
            assert!(matches!(parsed, Err(VaultError::Malformed(_))), "{bad}");
        }
        assert!(parse_sealed_json(&[0xff, 0xfe]).is_err());
        assert!(parse_sealed_json(" ".repeat(20_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn it_reads_what_a_general_json_writer_writes(key in "\\PC{1,40}", secret in "[\\x01-\\x{10ffff}]{1,80}", pass in prop::option::of("\\PC{1,20}")) {
            let json = serde_json::json!({ "key": key, "secret": secret, "passphrase": pass }).to_string();
            let parsed = parse_sealed_json(json.as_bytes()).unwrap();
            prop_assert_eq!(shown(&parsed), (key, secret, pass));
            let back = decode_secret(&encode_secret(&parsed)).unwrap();
            prop_assert_eq!(shown(&back), shown(&parsed));
        }

        #[test]
        fn escapes_mean_what_json_says(secret in "\\PC{1,60}") {
            let escaped: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!(r#"{{"key":"\/\b\f","secret":"{escaped}"}}"#);
            let parsed = parse_sealed_json(json.as_bytes()).unwrap();
            prop_assert_eq!(shown(&parsed), ("/\u{8}\u{c}".to_owned(), secret, None));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(parse_sealed_json(&bytes));
            drop(decode_secret(&bytes));
        }
    }
}
