//! Payload formats: a frame into payloads and back.
