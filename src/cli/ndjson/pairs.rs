//! User properties in JSON: objects of one member each, because names may repeat and their order
//! counts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A name and a value as `{"name":"value"}`.
pub(super) struct Pair<'a>(pub &'a str, pub &'a str);

impl Serialize for Pair<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}

/// Names and values in their order, from an array of objects or from one object.
#[derive(Debug, Default)]
pub(super) struct Pairs(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Collect(Pairs::default()))
    }
}

/// Adds to the pairs that are there.
struct Collect(Pairs);

impl<'de> Visitor<'de> for Collect {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects such as {\"name\":\"value\"}")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Pairs, A::Error> {
        while let Some(Pairs(pairs)) = items.next_element()? {
            self.0.0.extend(pairs);
        }
        Ok(self.0)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Pairs, A::Error> {
        while let Some(pair) = members.next_entry()? {
            self.0.0.push(pair);
        }
        Ok(self.0)
    }
}
