//! What a receiver tells of arrivals: transport-wide feedback and RFC 8888.
