//! Header extensions as typed values. RFC 8285.
