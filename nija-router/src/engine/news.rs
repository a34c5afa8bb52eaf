//! What a venue says about a user's account.

use nija_core::{ExecutionReport, VenueBalance, VenueFill, VenueId};

/// One thing that a venue said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// An order stands so.
    Report(ExecutionReport),
    /// An execution.
    Fill(VenueFill),
    /// A balance.
    Balance(VenueBalance),
}

impl News {
    /// The execution that it tells of.
    pub(crate) const fn fill(&self) -> Option<&VenueFill> {
        match self {
            Self::Fill(fill) => Some(fill),
            _ => None,
        }
    }

    /// Who said it.
    pub(crate) const fn venue(&self) -> &VenueId {
        match self {
            Self::Report(report) => &report.venue,
            Self::Fill(fill) => &fill.venue,
            Self::Balance(balance) => &balance.venue,
        }
    }
}
