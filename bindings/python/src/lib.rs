//! The nija Python module.
