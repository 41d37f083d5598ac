//! Which packets to ask for again, and when. RFC 4585 §6.2.1.
