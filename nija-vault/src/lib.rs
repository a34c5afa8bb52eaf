//! Custody of venue credentials: sealing, envelopes, the signer and the audit chain.
