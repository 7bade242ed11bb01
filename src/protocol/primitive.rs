//! Integers, strings and binary data on the wire (section 1.5).
