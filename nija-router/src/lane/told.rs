//! What a venue says of its limits: how much of them is used up, and that it will hear nothing more for a while. One of these for all that
//! leaves this address, and one for each user.
//!
//! After a 429 entries wait as long as the venue said. Reads wait as well, but not for ever, since what a position is worth is read. Exits and
//! cancels go on, one a second. After a ban (418), when each request prolongs it, nothing goes at all for as long as the venue said, within a
//! bound. Past the bounds single requests find out whether the venue still means it, and the first that it answers ends the wait for all.

use nija_core::{LimitUsage, Timestamp, VenueBan};
use std::time::Duration;
use tokio::time::Instant;

use crate::planted::{Bug, planted};

/// Between two requests while the venue says that there is hardly room: each brings a newer figure.
pub(super) const TRICKLE: Duration = Duration::from_secs(1);
/// The same for reads that would be one too many.
const SPENT: Duration = Duration::from_secs(5);
/// Between two requests that find out whether a ban is over.
const PROBE: Duration = Duration::from_secs(5);
/// The most that entries wait on a venue's word alone: the longest ban that one is known to give (Binance, rest-api.md, "IP Limits").
const LONGEST: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The most that reads wait after a 429, whatever the venue says.
const READS_WAIT: Duration = Duration::from_secs(60);
/// The most that anything waits after a ban, whatever the venue says.
const BAN_HOLDS: Duration = Duration::from_secs(5 * 60);
/// Why nothing is sent during a ban.
pub(super) const TURNED_AWAY: &str = "it turned this address away";
/// For how long a figure holds that the venue does not renew.
const FRESH: Duration = Duration::from_secs(60);

/// What wants to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// An order that opens something.
    Entry,
    /// A question that can wait.
    Read,
    /// What a stream asks to come up or to go on. Figures that say that there is hardly room do not slow it: reads that wait for them would wait
    /// for it as well.
    Stream,
    /// An exit, a cancel, or a question on which one of them or an order in doubt hangs.
    Urgent,
}

impl Sending {
    /// What an order is.
    pub(crate) const fn order(exit: bool) -> Self {
        if exit { Self::Urgent } else { Self::Entry }
    }
}

/// Too many requests, said the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) banned: bool,
    pub(crate) retry_after: Option<Duration>,
}

/// A ban as it has to outlive the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ban {
    /// When the venue said so last.
    pub(crate) told: Instant,
    /// Missing where the venue did not say: it is over once the venue answers.
    pub(crate) until: Option<Instant>,
}

/// The venue's word that nothing more is heard.
#[derive(Debug, Clone, Copy)]
struct Hold {
    banned: bool,
    told: Instant,
    /// Whether the venue said for how long.
    timed: bool,
    until: Instant,
    /// When single requests may find out whether that is still so.
    bound: Instant,
    /// When the next of them may go.
    next: Instant,
}

impl Hold {
    const fn pace(banned: bool) -> Duration {
        if banned { PROBE } else { TRICKLE }
    }

    fn new(word: Limited, now: Instant) -> Self {
        let wait = word.retry_after.unwrap_or(TRICKLE).min(LONGEST);
        let bound = if word.banned { BAN_HOLDS } else { READS_WAIT };
        Self {
            banned: word.banned,
            told: now,
            timed: word.retry_after.is_some(),
            until: now + wait,
            bound: now + wait.min(bound),
            next: now + wait.min(Self::pace(word.banned)),
        }
    }

    /// A ban that an earlier process was told of: what is left of it, and of the time in which nothing at all goes. Where the venue did not say
    /// for how long, single requests find out from the start on; not at once, so that a process that keeps dying does not keep asking.
    fn again(ban: &VenueBan, clock: Timestamp, now: Instant) -> Option<Self> {
        // A clock that went back makes it no longer than it was.
        let gone = clock.since(ban.at);
        let whole = ban.until.map(|until| until.since(ban.at).min(LONGEST));
        let left = whole.map_or(BAN_HOLDS, |whole| whole.saturating_sub(gone));
        let quiet = whole.map_or(Duration::ZERO, |whole| whole.min(BAN_HOLDS).saturating_sub(gone));
        (!left.is_zero()).then(|| Self {
            banned: true,
            told: now.checked_sub(gone).unwrap_or(now),
            timed: whole.is_some(),
            until: now + left,
            bound: now + quiet,
            next: now + left.min(PROBE),
        })
    }

    /// Of two words the longer one holds, and one that has a time before one that has none.
    fn and(self, before: Self) -> Self {
        let stands = before.until > self.until && (before.timed || !self.timed);
        let (timed, until) = if stands { (before.timed, before.until) } else { (self.timed, self.until) };
        Self {
            banned: self.banned,
            told: self.told,
            timed,
            until,
            bound: self.bound.max(before.bound),
            next: self.next.max(before.next),
        }
    }

    /// Until when nothing of this kind goes.
    fn ends(&self, what: Sending) -> Instant {
        match what {
            Sending::Entry => self.until,
            Sending::Urgent if !self.banned && !planted(Bug::LimitsHoldExits) => self.next,
            Sending::Read | Sending::Stream | Sending::Urgent => self.bound.max(self.next),
        }
    }
}

/// A figure that says that a limit is nearly used up.
#[derive(Debug, Clone, Copy)]
struct Near {
    next: Instant,
    until: Instant,
    pace: Duration,
}

/// What the venue says of one scope.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// After a 429, and during a ban.
    limit: Option<Hold>,
    ban: Option<Hold>,
    entries: Option<Near>,
    reads: Option<Near>,
}

impl Told {
    /// Whether there is nothing that it could hold up.
    pub(super) const fn is_quiet(&self) -> bool {
        self.limit.is_none() && self.ban.is_none() && self.entries.is_none() && self.reads.is_none()
    }

    /// How long something has to wait for the end of a wait that the venue imposed; `None` where there is none.
    pub(super) fn held(&self, what: Sending, now: Instant) -> Option<Duration> {
        self.holds(now).filter_map(|hold| wait(hold.ends(what), now)).max()
    }

    fn holds(&self, now: Instant) -> impl Iterator<Item = Hold> {
        [self.limit, self.ban].into_iter().flatten().filter(move |hold| now < hold.until)
    }

    /// How long something has to wait, for whatever reason.
    pub(super) fn wait(&self, what: Sending, now: Instant) -> Option<Duration> {
        let near = match what {
            Sending::Entry => self.entries,
            Sending::Read => self.reads,
            Sending::Stream | Sending::Urgent => None,
        };
        let near = near.filter(|near| now < near.until).and_then(|near| wait(near.next, now));
        self.held(what, now).max(near)
    }

    /// One goes: what goes in single requests waits for its next turn.
    pub(super) fn sent(&mut self, what: Sending, now: Instant) {
        if what != Sending::Entry {
            for hold in [&mut self.limit, &mut self.ban].into_iter().flatten() {
                hold.next = now + Hold::pace(hold.banned);
            }
        }
        let near = match what {
            Sending::Entry => self.entries.as_mut(),
            Sending::Read => self.reads.as_mut(),
            Sending::Stream | Sending::Urgent => None,
        };
        if let Some(near) = near {
            near.next = now + near.pace;
        }
    }

    /// Too many, said the venue just now.
    pub(super) fn limited(&mut self, word: Limited, now: Instant) {
        let hold = if word.banned { &mut self.ban } else { &mut self.limit };
        let (new, before) = (Hold::new(word, now), hold.filter(|before| now < before.until));
        *hold = Some(before.map_or(new, |before| new.and(before)));
    }

    /// The ban that is to outlive the process, if any.
    pub(super) fn ban(&self, now: Instant) -> Option<Ban> {
        match self.ban? {
            hold if !hold.timed => Some(Ban { told: hold.told, until: None }),
            hold if now < hold.until => Some(Ban { told: hold.told, until: Some(hold.until) }),
            _ => None,
        }
    }

    /// A ban that outlived a process.
    pub(super) fn take_up(&mut self, ban: &VenueBan, clock: Timestamp, now: Instant) {
        self.ban = Hold::again(ban, clock, now);
    }

    /// The venue answered a request that left at that time: past the bounds that shows that it hears again. Whether anything changed.
    pub(super) fn answered(&mut self, left: Instant) -> bool {
        let mut changed = false;
        for hold in [&mut self.limit, &mut self.ban] {
            if hold.is_some_and(|hold| left >= hold.bound) {
                *hold = None;
                changed = true;
            }
        }
        changed
    }

    /// How much is used up: what is left beyond the reserve is for entries and reads, the rest for exits and cancels.
    pub(super) fn used<'u>(
        &mut self,
        usages: impl Iterator<Item = &'u LimitUsage>,
        reserve_percent: u32,
        now: Instant,
    ) {
        let (mut any, mut orders, mut near, mut full) = (false, false, false, false);
        let mut near_orders = false;
        for usage in usages {
            let Some(limit) = usage.limit.filter(|limit| *limit > 0) else {
                continue;
            };
            let open = u128::from(limit) * u128::from(100 - reserve_percent.clamp(1, 99));
            let is_near = u128::from(usage.used) * 100 >= open;
            any = true;
            near |= is_near;
            full |= usage.used >= limit;
            orders |= usage.orders;
            near_orders |= is_near && usage.orders;
        }
        if orders {
            self.entries = figure(self.entries, near_orders.then_some(TRICKLE), now);
        }
        if any {
            self.reads = figure(self.reads, near.then_some(if full { SPENT } else { TRICKLE }), now);
        }
    }

    /// Whether it says nothing any more.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let held = self.holds(now).next().is_some();
        let near = [self.entries, self.reads].into_iter().flatten().any(|near| now < near.until);
        !held && !near
    }

    /// In words, for people; nothing where the venue says nothing.
    pub(super) fn words(&self, now: Instant) -> Option<String> {
        let hold = self.holds(now).max_by_key(|hold| (hold.banned, hold.until))?;
        let seconds = hold.until.duration_since(now).as_secs().max(1);
        Some(match (hold.banned, hold.timed) {
            (true, true) => format!("{TURNED_AWAY}, for another {seconds} s by its word"),
            (true, false) => format!("{TURNED_AWAY} and did not say for how long"),
            (false, _) => format!("it is limiting requests, for another {seconds} s by its word"),
        })
    }
}

/// A newer figure: who waits already does not wait longer for it.
fn figure(before: Option<Near>, pace: Option<Duration>, now: Instant) -> Option<Near> {
    let pace = pace?;
    let next = before.filter(|near| now < near.until).map_or(now + pace, |near| near.next);
    Some(Near { next, until: now + FRESH, pace })
}

fn wait(until: Instant, now: Instant) -> Option<Duration> {
    let wait = until.saturating_duration_since(now);
    // Never less than what a sleep can tell from nothing.
    (!wait.is_zero()).then(|| wait.max(Duration::from_millis(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::LimitScope;

    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn word(banned: bool, seconds: u64) -> Limited {
        Limited { banned, retry_after: Some(Duration::from_secs(seconds)) }
    }

    fn waits(told: &Told, now: Instant) -> [Option<u64>; 3] {
        [Sending::Entry, Sending::Read, Sending::Urgent]
            .map(|what| told.wait(what, now).map(|wait| wait.as_secs()))
    }

    fn usage(used: u64, orders: bool) -> LimitUsage {
        LimitUsage { scope: LimitScope::Key, name: "calls".into(), used, limit: Some(100), orders }
    }

    #[test]
    fn after_a_429_entries_and_reads_wait_as_long_as_said_and_exits_go_one_a_second() {
        let (mut told, now) = (Told::default(), Instant::now());
        assert_eq!(waits(&told, now), [None; 3]);
        told.limited(word(false, 20), now);
        assert_eq!(waits(&told, now), [Some(20), Some(20), Some(1)]);
        let later = now + TRICKLE;
        assert_eq!(told.wait(Sending::Urgent, later), None);
        told.sent(Sending::Urgent, later);
        assert_eq!(told.wait(Sending::Urgent, later), Some(TRICKLE));
        assert!(!told.answered(later), "the venue's word holds, whatever it let through");
        assert_eq!(waits(&told, now + Duration::from_secs(20)), [None; 3]);
        assert!(told.is_over(now + Duration::from_secs(20)) && !told.is_over(later));
    }

    #[test]
    fn a_ban_holds_everything_as_long_as_said() {
        let (mut told, now) = (Told::default(), Instant::now());
        told.limited(word(true, 120), now);
        assert_eq!(waits(&told, now), [Some(120); 3]);
        assert_eq!(waits(&told, now + 2 * MINUTE), [None; 3]);
        assert!(told.words(now).is_some_and(|words| words.contains("120 s")));
        assert_eq!(told.words(now + 2 * MINUTE), None);
    }

    #[test]
    fn an_absurd_wait_holds_no_exit_for_longer_than_the_bound_and_an_answer_ends_it() {
        let (mut told, now) = (Told::default(), Instant::now());
        told.limited(word(true, 365 * 24 * 60 * 60), now);
        assert_eq!(told.wait(Sending::Entry, now), Some(LONGEST));
        let bound = now + BAN_HOLDS;
        assert_eq!(waits(&told, bound)[1..], [None, None]);
        told.sent(Sending::Urgent, bound);
        assert_eq!(waits(&told, bound)[1..], [Some(5), Some(5)], "single requests find out");
        assert!(!told.answered(bound - TRICKLE), "that left before");
        assert!(told.answered(bound));
        assert_eq!(waits(&told, bound), [None; 3]);
        told.limited(word(false, DAY.as_secs()), now);
        assert_eq!(waits(&told, now + MINUTE)[1..], [None, None]);
    }

    fn kept(ago: u64, seconds: Option<u64>) -> (VenueBan, Timestamp) {
        let at = Timestamp::from_micros(1_760_000_000_000_000);
        let venue = nija_core::VenueId::new("binance").unwrap();
        let until = seconds.map(|seconds| at.plus(Duration::from_secs(seconds)));
        (VenueBan { venue, at, until, reason: TURNED_AWAY.into() }, at.plus(Duration::from_secs(ago)))
    }

    #[test]
    fn a_restart_changes_nothing_of_a_ban() {
        for seconds in [120, 1_000, DAY.as_secs() * 365] {
            for ago in [0, 3, 100, 119, 290, 900] {
                let (mut lived, now) = (Told::default(), Instant::now());
                lived.limited(word(true, seconds), now);
                let later = now + Duration::from_secs(ago);
                let (ban, clock) = kept(ago, Some(seconds));
                let mut again = Told::default();
                again.take_up(&ban, clock, later);
                assert_eq!(again.ban(later), lived.ban(later), "{ago} of {seconds}");
                assert_eq!(waits(&again, later)[0], waits(&lived, later)[0], "{ago} of {seconds}");
                // Who may find out does not do so in the first moment.
                let beyond = later + PROBE;
                assert_eq!(waits(&again, beyond), waits(&lived, beyond), "{ago} of {seconds}");
            }
        }
        // Not even where the clock goes back meanwhile.
        let (ban, _) = kept(0, Some(120));
        let (mut told, now) = (Told::default(), Instant::now());
        told.take_up(&ban, ban.at.minus(DAY), now);
        assert_eq!(waits(&told, now), [Some(120); 3]);
    }

    #[test]
    fn a_ban_without_an_end_is_kept_until_the_venue_answers_and_a_new_process_asks_once_in_five_seconds() {
        let (mut told, now) = (Told::default(), Instant::now());
        told.limited(Limited { banned: true, retry_after: None }, now);
        assert_eq!(told.ban(now + DAY), Some(Ban { told: now, until: None }));
        assert!(told.answered(now + TRICKLE));
        assert_eq!(told.ban(now + TRICKLE), None);
        let (ban, clock) = kept(3_000, None);
        told.take_up(&ban, clock, now);
        assert!(told.words(now).is_some_and(|words| words.contains("did not say")));
        assert_eq!(waits(&told, now), [Some(300), Some(5), Some(5)]);
        let later = now + PROBE;
        assert_eq!(waits(&told, later)[1..], [None, None]);
        told.sent(Sending::Read, later);
        assert_eq!(waits(&told, later)[1..], [Some(5), Some(5)]);
        // A newer word says for how long.
        let mut renewed = Told { ban: told.ban, ..Told::default() };
        renewed.limited(word(true, 60), later);
        assert_eq!(waits(&renewed, later), [Some(60); 3]);
        assert_eq!(renewed.ban(later), Some(Ban { told: later, until: Some(later + MINUTE) }));
        assert!(told.answered(later));
        assert_eq!((told.ban(later), waits(&told, later)), (None, [None; 3]));
    }

    #[test]
    fn of_two_words_the_longer_one_holds_and_a_ban_is_not_longer_for_what_is_said_later() {
        let (mut told, now) = (Told::default(), Instant::now());
        told.limited(word(true, 60), now);
        told.limited(word(true, 5), now);
        assert_eq!(waits(&told, now), [Some(60); 3]);
        let late = now + MINUTE - TRICKLE;
        told.limited(word(false, 30), late);
        assert_eq!(waits(&told, late), [Some(30), Some(30), Some(1)]);
        let (mut told, now) = (Told::default(), now + 2 * MINUTE);
        told.limited(Limited { banned: false, retry_after: None }, now + MINUTE);
        assert_eq!(waits(&told, now + MINUTE), [Some(1); 3]);
    }

    #[test]
    fn what_is_nearly_used_up_slows_entries_and_reads_to_one_a_second_each() {
        let (mut told, now) = (Told::default(), Instant::now());
        told.used([usage(79, true)].iter(), 20, now);
        assert_eq!(waits(&told, now), [None; 3]);
        told.used([usage(80, true)].iter(), 20, now);
        assert_eq!(waits(&told, now), [Some(1), Some(1), None]);
        // Newer figures, of exits say, push nobody back.
        let soon = now + TRICKLE / 2;
        told.used([usage(85, true)].iter(), 20, soon);
        let later = now + TRICKLE;
        assert_eq!(waits(&told, later), [None; 3]);
        told.sent(Sending::Entry, later);
        assert_eq!(waits(&told, later), [Some(1), None, None], "one goes, and not all that wait");
        told.used([usage(10, true)].iter(), 20, later);
        assert_eq!(waits(&told, later), [None; 3]);
        told.used([usage(90, true)].iter(), 20, later);
        assert_eq!(waits(&told, later + FRESH), [None; 3], "a figure that nobody renews ends");
    }

    #[test]
    fn a_limit_that_no_order_counts_against_slows_reads_alone() {
        let (mut told, now) = (Told::default(), Instant::now());
        told.used([usage(90, false)].iter(), 20, now);
        assert_eq!(waits(&told, now), [None, Some(1), None]);
        told.used([usage(100, false)].iter(), 20, now + TRICKLE);
        told.sent(Sending::Read, now + TRICKLE);
        assert_eq!(waits(&told, now + TRICKLE), [None, Some(5), None], "the next would be one too many");
        // The fullest of several counts.
        told.used([usage(90, true), usage(1, true)].iter(), 20, now);
        assert_eq!(waits(&told, now)[0], Some(1));
    }
}
