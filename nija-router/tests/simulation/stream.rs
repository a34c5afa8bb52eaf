//! An account's stream, with everything that goes wrong on one: gaps, repetitions, delays, disorder, downtime.

use nija_core::AccountEvent;
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedSender;

use super::{trouble::Trouble, witness::Witness};

#[derive(Clone)]
pub(crate) struct Stream {
    sender: UnboundedSender<AccountEvent>,
    trouble: Arc<Trouble>,
    witness: Arc<Witness>,
    /// The process that listens.
    life: usize,
    up: Arc<Mutex<bool>>,
}

impl Stream {
    pub(crate) fn new(
        sender: UnboundedSender<AccountEvent>,
        trouble: &Arc<Trouble>,
        witness: &Arc<Witness>,
    ) -> Self {
        let (trouble, witness, life) = (trouble.clone(), witness.clone(), witness.life());
        Self { sender, trouble, witness, life, up: Arc::new(Mutex::new(false)) }
    }

    fn send(&self, event: &AccountEvent) -> bool {
        let heard = self.sender.send(event.clone()).is_ok();
        if let AccountEvent::Fill(fill) = event
            && heard
        {
            self.witness.told(fill, self.life);
        }
        heard
    }

    /// Whether anybody listens still.
    pub(crate) fn deliver(&self, event: &AccountEvent) -> bool {
        if !*self.up.lock() {
            // Lost; the listener was told that the stream is down.
            return !self.sender.is_closed();
        }
        let dice = &self.trouble.dice;
        if self.trouble.strikes(self.trouble.gaps) {
            // A gap is noticed by its sequence number, a little later, and the stream starts anew.
            self.interrupt(dice.millis(1..500), dice.millis(0..2_000));
            return !self.sender.is_closed();
        }
        if self.trouble.strikes(self.trouble.delays) {
            self.later(dice.millis(1..3_000), event.clone());
            return !self.sender.is_closed();
        }
        if self.trouble.strikes(self.trouble.repeats) {
            self.later(dice.millis(0..1_500), event.clone());
        }
        self.send(event)
    }

    fn later(&self, after: Duration, event: AccountEvent) {
        let stream = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if *stream.up.lock() {
                stream.send(&event);
            }
        });
    }

    /// It comes up: what happened before must be asked for.
    pub(crate) fn rise(&self) {
        *self.up.lock() = true;
        drop(self.sender.send(AccountEvent::Connected));
    }

    /// Goes down after a while, and comes up again after another.
    pub(crate) fn interrupt(&self, after: Duration, down_for: Duration) {
        let stream = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            *stream.up.lock() = false;
            drop(stream.sender.send(AccountEvent::Disconnected("interrupted".into())));
            tokio::time::sleep(down_for).await;
            stream.rise();
        });
    }
}
