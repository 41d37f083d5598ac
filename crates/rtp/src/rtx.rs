//! Packets that are sent again under a stream of their own. RFC 4588.
