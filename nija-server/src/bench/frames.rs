//! WebSocket frames from a server, counted: nothing but their lengths and the number that ours begin with is looked at.

/// Reads frames from bytes as they come.
#[derive(Debug, Default)]
pub(super) struct Frames {
    rest: Vec<u8>,
    /// Text frames so far.
    pub(super) count: u64,
    /// Bytes of their payloads.
    pub(super) bytes: u64,
    /// The newest `seq` other than 0.
    pub(super) seq: u64,
    /// Whether the server closed the stream.
    pub(super) closed: bool,
}

const TEXT: u8 = 1;
const CLOSE: u8 = 8;

impl Frames {
    /// Takes in bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if self.rest.is_empty() {
            let used = self.read(bytes);
            self.rest.extend_from_slice(&bytes[used..]);
        } else {
            self.rest.extend_from_slice(bytes);
            let whole = std::mem::take(&mut self.rest);
            let used = self.read(&whole);
            self.rest = whole;
            self.rest.drain(..used);
        }
    }

    /// Counts the whole frames; returns how many bytes they took.
    fn read(&mut self, bytes: &[u8]) -> usize {
        let mut used = 0;
        while let Some((kind, head, length)) = header(&bytes[used..]) {
            let Some(payload) = bytes.get(used + head..used + head + length) else { break };
            match kind {
                TEXT => {
                    self.count += 1;
                    self.bytes += payload.len() as u64;
                    self.seq = sequence(payload).filter(|seq| *seq > 0).unwrap_or(self.seq);
                }
                CLOSE => self.closed = true,
                _ => {}
            }
            used += head + length;
        }
        used
    }
}

/// A frame's opcode, the length of its header, and that of its payload. Servers do not mask.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (head, length) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    Some((first & 0x0f, head, length))
}

/// `{"seq":7,...`
fn sequence(payload: &[u8]) -> Option<u64> {
    let digits = payload.strip_prefix(br#"{"seq":"#)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80 | kind];
        match u16::try_from(payload.len()).unwrap() {
            short @ 0..126 => bytes.push(u8::try_from(short).unwrap()),
            long => {
                bytes.push(126);
                bytes.extend(long.to_be_bytes());
            }
        }
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn frames_are_counted_however_they_are_cut() {
        let long = format!(r#"{{"seq":41,"x":"{}"}}"#, "y".repeat(300));
        let aside = br#"{"seq":0,"type":"pnl.update"}"#;
        let all =
            [frame(TEXT, long.as_bytes()), frame(9, b""), frame(TEXT, aside), frame(CLOSE, b"")].concat();
        for size in [1, 2, 3, 7, 100, all.len()] {
            let mut frames = Frames::default();
            all.chunks(size).for_each(|bytes| frames.feed(bytes));
            assert_eq!((frames.count, frames.seq, frames.closed), (2, 41, true), "in pieces of {size}");
            assert_eq!(frames.bytes, (long.len() + aside.len()) as u64);
        }
    }
}
