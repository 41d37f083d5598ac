//! Limpid: inspect.
