//! Questions about access, by the number of rules.

use std::hint::black_box;

use super::{Family, Law, Prepared};
use crate::broker::access::{Acl, Grant, Subject, Use};
use crate::protocol::{TopicFilter, TopicName};

/// Questions of one run, of each kind.
const TIMES: usize = 100;

pub(super) fn families() -> Vec<Family> {
    vec![Family::new("access", Law::Constant, &[10, 1_000, 100_000], &[], ask)]
}

/// One question that a rule of the user answers, and one that a pattern does.
fn ask(count: usize) -> Prepared {
    let mut acl = Acl::new("acl");
    for i in 0..count / 2 {
        let (user, line) = (format!("user-{i}"), i as u32 + 1);
        let (own, all) = (format!("plant/{i}/+/value"), format!("line/{i}/%c/#"));
        let (own, all) = (TopicFilter::new(&own).unwrap(), TopicFilter::new(&all).unwrap());
        acl.add(Subject::User(&user), Grant::Read, own, line).unwrap();
        acl.add(Subject::Everybody, Grant::Write, all, line).unwrap();
    }
    let some = count / 4;
    let user = format!("user-{some}");
    let (read, write) = (format!("plant/{some}/x/value"), format!("line/{some}/client/x/y"));
    Prepared::repeating(2 * TIMES, move || {
        let (read, write) = (TopicName::new(&read).unwrap(), TopicName::new(&write).unwrap());
        for _ in 0..TIMES {
            assert!(acl.ask(Some(black_box(&user)), "client", Use::Read, read).is_ok());
            assert!(acl.ask(Some(black_box(&user)), "client", Use::Write, write).is_ok());
        }
    })
}
