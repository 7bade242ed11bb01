//! UTF-8 strings of the protocol (section 1.5.4).
