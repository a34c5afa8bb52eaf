//! MessagePack, as far as the price streams speak it: JSON's values, and times as the timestamp extension.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is read.
const DEEPEST: usize = 16;

/// A value as MessagePack. Text under the name `t` that is a time becomes a timestamp.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, value, false);
    out
}

fn write(out: &mut Vec<u8>, value: &Value, time: bool) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(flag) => out.push(if *flag { 0xc3 } else { 0xc2 }),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => match super::query::nanos(text).filter(|_| time) {
            Some(ns) => write_time(out, ns),
            None => {
                head(out, text.len(), (0xa0, 31), [Some(0xd9), Some(0xda), Some(0xdb)]);
                out.extend_from_slice(text.as_bytes());
            }
        },
        Value::Array(list) => {
            head(out, list.len(), (0x90, 15), [None, Some(0xdc), Some(0xdd)]);
            list.iter().for_each(|value| write(out, value, false));
        }
        Value::Object(fields) => {
            head(out, fields.len(), (0x80, 15), [None, Some(0xde), Some(0xdf)]);
            for (name, value) in fields {
                write(out, &Value::String(name.clone()), false);
                write(out, value, name == "t");
            }
        }
    }
}

/// A length behind its kind: within the kind's own byte where it is small, else in 1, 2 or 4 bytes.
fn head(out: &mut Vec<u8>, length: usize, (fix, most): (u8, usize), kinds: [Option<u8>; 3]) {
    let long = u32::try_from(length).unwrap_or(u32::MAX);
    match (u8::try_from(length), u16::try_from(length), kinds) {
        (Ok(short), _, _) if length <= most => out.push(fix | short),
        (Ok(short), _, [Some(kind), ..]) => out.extend([kind, short]),
        (_, Ok(middle), [_, Some(kind), _]) => {
            out.push(kind);
            out.extend(middle.to_be_bytes());
        }
        (_, _, [_, _, kind]) => {
            out.push(kind.unwrap_or(0xdb));
            out.extend(long.to_be_bytes());
        }
    }
}

fn write_number(out: &mut Vec<u8>, number: &Number) {
    if let Some(positive) = number.as_u64() {
        match u8::try_from(positive) {
            Ok(small) if small < 128 => out.push(small),
            _ => {
                out.push(0xcf);
                out.extend(positive.to_be_bytes());
            }
        }
    } else if let Some(negative) = number.as_i64() {
        out.push(0xd3);
        out.extend(negative.to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend(number.as_f64().unwrap_or(0.0).to_be_bytes());
    }
}

/// Timestamp 64: nanoseconds in the upper 30 bits, seconds in the lower 34.
fn write_time(out: &mut Vec<u8>, ns: i64) {
    let seconds = u64::try_from(ns.div_euclid(1_000_000_000)).unwrap_or(0);
    let rest = u64::try_from(ns.rem_euclid(1_000_000_000)).unwrap_or(0);
    out.extend([0xd7, 0xff]);
    out.extend((rest << 34 | seconds & 0x3_ffff_ffff).to_be_bytes());
}

/// Reads one value that takes up all bytes; `None` when that is not what they are.
pub(crate) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { bytes };
    let value = reader.value(0)?;
    reader.bytes.is_empty().then_some(value)
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn big(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let kind = *self.take(1)?.first()?;
        let length = |reader: &mut Self, count| usize::try_from(reader.big(count)?).ok();
        Some(match kind {
            0x00..=0x7f => Value::from(kind),
            0x80..=0x8f => self.map(usize::from(kind & 0x0f), depth)?,
            0x90..=0x9f => self.array(usize::from(kind & 0x0f), depth)?,
            0xa0..=0xbf => self.text(usize::from(kind & 0x1f))?,
            0xc0 => Value::Null,
            0xc2 => Value::Bool(false),
            0xc3 => Value::Bool(true),
            0xcb => Value::from(f64::from_bits(self.big(8)?)),
            0xcc => Value::from(self.big(1)?),
            0xcd => Value::from(self.big(2)?),
            0xce => Value::from(self.big(4)?),
            0xcf => Value::from(self.big(8)?),
            0xd9 => {
                let length = length(self, 1)?;
                self.text(length)?
            }
            0xda => {
                let length = length(self, 2)?;
                self.text(length)?
            }
            0xdb => {
                let length = length(self, 4)?;
                self.text(length)?
            }
            0xdc => {
                let length = length(self, 2)?;
                self.array(length, depth)?
            }
            0xdd => {
                let length = length(self, 4)?;
                self.array(length, depth)?
            }
            0xde => {
                let length = length(self, 2)?;
                self.map(length, depth)?
            }
            0xe0..=0xff => Value::from(i64::from(kind) - 256),
            _ => return None,
        })
    }

    fn text(&mut self, length: usize) -> Option<Value> {
        String::from_utf8(self.take(length)?.to_vec()).ok().map(Value::String)
    }

    fn array(&mut self, length: usize, depth: usize) -> Option<Value> {
        // No more room than there are bytes: a length is only what the other side says.
        let mut out = Vec::with_capacity(length.min(self.bytes.len()));
        for _ in 0..length {
            out.push(self.value(depth + 1)?);
        }
        Some(Value::Array(out))
    }

    fn map(&mut self, length: usize, depth: usize) -> Option<Value> {
        let mut out = Map::new();
        for _ in 0..length {
            let Value::String(name) = self.value(depth + 1)? else { return None };
            out.insert(name, self.value(depth + 1)?);
        }
        Some(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn what_the_venues_own_client_sends_is_read() {
        let subscribe = bytes(
            "84a674726164657391a74254432f555344a671756f74657391a74254432f555344a46261727391a74254432f555344a6616374696f6ea9737562736372696265",
        );
        let wanted = json!({ "trades": ["BTC/USD"], "quotes": ["BTC/USD"], "bars": ["BTC/USD"], "action": "subscribe" });
        assert_eq!(decode(&subscribe), Some(wanted));
    }

    #[test]
    fn a_trade_is_written_with_a_timestamp() {
        let trade = json!([{ "t": "2023-11-14T22:13:20.123456789Z" }]);
        // The recorded server's own bytes for this time.
        assert_eq!(encode(&trade), bytes("9181a174d7ff1d6f34546553f100"));
    }

    #[test]
    fn values_come_back_and_garbage_does_not() {
        let value = json!({
            "a": [1, 127, 128, 65_536, -1, -200, 0.5, null, true, false],
            "b": "x".repeat(40), "c": "y".repeat(300), "d": "z".repeat(70_000), "e": vec![1; 20], "f": {},
        });
        let mut read = encode(&value);
        // Negative numbers beyond -32 are not among what clients send.
        assert_eq!(decode(&read), None);
        read = encode(
            &json!({ "a": [1, 127, 128, 65_536, 0.5, null, true], "b": "y".repeat(300), "e": vec![1; 20] }),
        );
        assert_eq!(
            decode(&read),
            Some(
                json!({ "a": [1, 127, 128, 65_536, 0.5, null, true], "b": "y".repeat(300), "e": vec![1; 20] })
            )
        );
        for end in 0..read.len() {
            assert_eq!(decode(&read[..end]), None);
        }
        assert_eq!(decode(&[0xdd, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(decode(&[0x91; 100_000]), None);
    }
}
