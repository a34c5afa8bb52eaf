//! Deliberate bugs, so that the simulation can show that it would find them. They exist in the crate's own test build alone: in
//! every other build [`planted`] is a constant `false` and the compiler takes the branches away.

/// A bug that can be planted. Each breaks the invariant of `docs` that its number names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) enum Bug {
    /// 1: a lost answer is taken for a refusal and the order goes elsewhere.
    TakesLostForRefused,
    /// 1: an order's absence is proof at once.
    TrustsAbsenceAtOnce,
    /// 1: absence is taken for proof before all of the venue's bound is over.
    ShortensTheBound,
    /// 2: an intent is acknowledged although the journal failed.
    AcknowledgesWhatFailed,
    /// 2: a reconciliation does not ask for fills.
    SkipsMissedFills,
    /// 2: an execution told twice is counted twice.
    CountsRepeatedFills,
    /// 2: a bracket that won is taken for one that was stopped.
    MistakesLegs,
    /// 2: a stop that left less than can be sold tries for ever.
    SellsDustForEver,
    /// 2: an exit goes to a venue that holds a part of what it closes, and says nothing of the rest.
    ClosesAPart,
    /// 3: a cancelled order keeps its reservation.
    KeepsReservations,
    /// 3: a fee that was taken out of what was bought is booked as money.
    MissesBaseFees,
    /// 3: a fee in a third asset counts as nothing.
    ForgetsOtherFees,
    /// 3: a fee that nobody could value counts as nothing for ever.
    ForgetsLateFees,
    /// 3: what is in another currency than USD counts as nothing.
    KnowsDollarsAlone,
    /// 4: a user's refused requests count against the venue.
    BlamesVenueForUsers,
    /// 4: a user's own rate limit holds everybody at the venue.
    HoldsAllForOne,
    /// 5: the breaker holds exits up.
    BreakerHoldsExits,
    /// 5: after a 429 exits wait as long as entries and reads.
    LimitsHoldExits,
    /// 5: what an earlier process was told of a ban is forgotten.
    ForgetsBans,
    /// 5: an exit is refused since its venue has not answered since the start.
    RefusesUnheard,
    /// 5: exits go out with limits that are further away than their venue takes.
    IgnoresReach,
    /// 6: risk does not see what live orders may still buy.
    ForgetsLiveOrders,
    /// 6: an order enters its lane before it is on record.
    SendsBeforeJournal,
    /// 6: an entry that waits is sent although a kill switch was thrown.
    SendsWhenKilled,
    /// 6: a kill switch claims that all is flat before the venues confirmed it.
    ClaimsFlat,
    /// 6: a slice does not count what those before it have filled.
    ForgetsOtherSlices,
    /// 6: each share of a split is as large as all of it.
    SharesTheWhole,
    /// 6: an exit does not see what other exits are closing already.
    IgnoresLiveExits,
    /// 6: an execution that is held since it may be an order's counts for nothing meanwhile.
    ForgetsWhatIsHeld,
    /// 6: an exit closes what its user closed by hand while it was in its lane.
    SendsWhatIsClosed,
    /// 6: a buy that closes a short goes where there is none.
    ClosesElsewhere,
    /// 6: what waits at its venue for a price seems to hold nothing.
    StopsHoldNothing,
    /// 6: a stop that went off is not carried out.
    ForgetsStops,
    /// 6: a stop that went off at its venue and does not fill is left to it.
    NeverEscalates,
    /// 6: a stop that went off does not take what the user's own exits hold.
    SparesOtherExits,
    /// 6: an entry that waits goes out under a key that signs only while its user is present.
    LetsEntriesRest,
    /// 6: a position under such a key is kept although its venue refused its stop.
    KeepsUnguarded,
    /// 7: memory follows an event that the journal refused.
    FollowsWhatFailed,
}

#[cfg(test)]
pub(crate) fn planted(bug: Bug) -> bool {
    crate::simulation::planted() == Some(bug)
}

/// Whether this bug is to be shown.
#[cfg(not(test))]
#[inline(always)]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}
