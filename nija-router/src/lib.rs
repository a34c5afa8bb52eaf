//! Scoring, risk policies, venue lanes and the order engine.
