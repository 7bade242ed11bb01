//! Property sections of several messages in one piece.

use super::Properties;

/// What several messages carry end to end, one behind the other: copied once, looked into at will.
#[derive(Debug)]
pub struct PropertySections {
    bytes: Box<[u8]>,
    /// Where each section ends, and the bit of each property in it.
    ends: Box<[(u32, u32)]>,
}

impl PropertySections {
    /// Copies them without the properties that belong to one hop, or returns `None` if nothing is left
    /// of any.
    pub fn copy_of(sections: &[Properties<'_>]) -> Option<Self> {
        let len = sections.iter().map(|section| section.end_to_end_len()).sum();
        if len == 0 {
            return None;
        }
        let mut bytes = Vec::with_capacity(len);
        let mut ends = Vec::with_capacity(sections.len());
        for section in sections {
            section.end_to_end(|piece| bytes.extend_from_slice(piece));
            // Those of many small packets, or of one, which has less than 2^28 bytes.
            ends.push((bytes.len() as u32, section.present_end_to_end()));
        }
        Some(PropertySections { bytes: bytes.into(), ends: ends.into() })
    }

    /// The `n`th section.
    pub fn at(&self, n: usize) -> Properties<'_> {
        let (end, present) = self.ends[n];
        Properties::trusted(&self.bytes[self.start(n)..end as usize], present)
    }

    /// Where the `n`th section begins: how many bytes those before it have.
    pub fn start(&self, n: usize) -> usize {
        n.checked_sub(1).map_or(0, |before| self.ends[before].0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Property, PropertyBuf};

    #[test]
    fn each_section_keeps_what_travels_end_to_end() {
        let hop = [Property::TopicAlias(3), Property::MessageExpiryInterval(60)];
        let both = [Property::ContentType("text"), Property::UserProperty("a", "1")];
        let sent: [PropertyBuf; 5] = [
            hop.into_iter().collect(),
            both.into_iter().collect(),
            PropertyBuf::new(),
            [hop[0], both[0], hop[1], both[1]].into_iter().collect(),
            [both[1], hop[1]].into_iter().collect(),
        ];
        let sections = sent.each_ref().map(PropertyBuf::as_properties);
        let kept = PropertySections::copy_of(&sections).unwrap();
        let expected: [PropertyBuf; 5] = [
            PropertyBuf::new(),
            both.into_iter().collect(),
            PropertyBuf::new(),
            both.into_iter().collect(),
            [both[1]].into_iter().collect(),
        ];
        let mut start = 0;
        for (n, expected) in expected.iter().enumerate() {
            assert_eq!((kept.at(n), kept.start(n)), (expected.as_properties(), start), "{n}");
            start += expected.as_properties().as_bytes().len();
        }
        assert_eq!(kept.start(5), start);
    }

    #[test]
    fn nothing_is_copied_where_nothing_is_left() {
        let alias: PropertyBuf = [Property::TopicAlias(3)].into_iter().collect();
        let sections = [Properties::EMPTY, alias.as_properties()];
        assert!(PropertySections::copy_of(&sections).is_none());
        assert!(PropertySections::copy_of(&[]).is_none());
    }
}
