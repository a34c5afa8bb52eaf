//! Reading one text frame, with tolerance for kinds that came later than this version.

use serde::Deserialize;

use crate::wire::StreamEvent;

const KNOWN: [&str; 9] = [
    "hello",
    "reload",
    "closing",
    "position.update",
    "trade.executed",
    "pnl.update",
    "bot.status",
    "order.update",
    "route.decided",
];

#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    Event(Box<StreamEvent>),
    /// Of a kind that this version does not know; it counts in the sequence all the same.
    Unknown {
        seq: u64,
    },
    /// Not a frame of the API.
    Garbled,
}

#[derive(Deserialize)]
struct Head {
    seq: u64,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn read(text: &str) -> Frame {
    if let Ok(event) = serde_json::from_str(text) {
        return Frame::Event(Box::new(event));
    }
    match serde_json::from_str::<Head>(text) {
        Ok(head) if !KNOWN.contains(&head.kind.as_str()) => Frame::Unknown { seq: head.seq },
        _ => Frame::Garbled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::StreamBody;

    #[test]
    fn known_kinds_are_read_and_may_have_gained_fields() {
        let text = r#"{"seq":7,"at":"2026-11-23T00:00:00Z","type":"bot.status","new":1,
            "data":{"state":"paused","since":"2026-11-23T00:00:00Z","by":"me"}}"#;
        let Frame::Event(event) = read(text) else { panic!("not read") };
        assert_eq!(event.seq, 7);
        assert!(matches!(event.body, StreamBody::BotStatus(status) if status.state == "paused"));
    }

    #[test]
    fn kinds_from_the_future_are_counted_and_garbage_is_told() {
        assert_eq!(read(r#"{"seq":3,"at":"x","type":"moon.landed","data":{}}"#), Frame::Unknown { seq: 3 });
        assert_eq!(read(r#"{"seq":3,"at":"x","type":"bot.status","data":{}}"#), Frame::Garbled);
        assert_eq!(read("hello"), Frame::Garbled);
    }

    #[test]
    fn every_kind_that_is_written_is_known() {
        let hello = StreamEvent {
            seq: 0,
            at: String::new(),
            body: StreamBody::Hello { stream: "s".to_owned(), last_seq: 1 },
        };
        let text = serde_json::to_string(&hello).expect("JSON");
        assert_eq!(read(&text), Frame::Event(Box::new(hello)));
    }
}
