//! The SUBSCRIBE packets of `sub`, and what the server answers to them.

use std::collections::BTreeMap;

use crate::cli::choice::Choice;
use crate::cli::options::SubOptions;
use crate::client::{Filters, Request};
use crate::protocol::{PacketId, ReasonCode, SubAck, Subscribe, Subscription, TopicFilter};

/// What was asked for on the present connection.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The filters of each SUBSCRIBE without an answer.
    unanswered: BTreeMap<PacketId, Vec<String>>,
    /// SUBSCRIBE packets that are not answered, sent or not.
    left: usize,
    was_granted: bool,
}

/// What the answers amount to so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There are more to come.
    NotYet,
    /// All are there, and at least one filter was granted.
    Granted,
    /// All are there, and no filter was granted.
    AllDenied,
}

impl Asked {
    /// Begins anew on a connection: the requests. The filters that share a Subscription Identifier,
    /// or have none of their own, are in one SUBSCRIBE.
    pub fn begin(&mut self, options: &SubOptions) -> Vec<Request> {
        let mut groups: Vec<(Option<u32>, Vec<Subscription<'_>>)> = Vec::new();
        for (place, filter) in options.filters.iter().enumerate() {
            let Ok(filter) = TopicFilter::new(filter) else { continue };
            let choice = options.choices.get(&place);
            let usual = options.subscription_options;
            let subscription = Subscription {
                filter,
                options: choice.map_or(usual, |choice| choice.options(usual)),
            };
            let id = choice.and_then(|choice| choice.id);
            match groups.iter_mut().find(|(other, _)| *other == id) {
                Some((_, group)) => group.push(subscription),
                None => groups.push((id, vec![subscription])),
            }
        }
        *self = Asked { left: groups.len(), ..Asked::default() };
        let requests = groups.into_iter().map(|(id, group)| {
            let properties = Choice::properties(id, &options.subscribe_properties);
            Request::Subscribe(Filters::new(&group, properties))
        });
        requests.collect()
    }

    /// A SUBSCRIBE was sent.
    pub fn on_sent(&mut self, subscribe: &Subscribe<'_>) {
        let filters = subscribe.subscriptions.iter().map(|one| one.filter.as_str().to_owned());
        self.unanswered.insert(subscribe.packet_id, filters.collect());
    }

    /// The filters that the server denies, and the state of the whole.
    pub fn on_answer(&mut self, suback: &SubAck<'_>) -> (Vec<(String, ReasonCode)>, Answer) {
        let filters = self.unanswered.remove(&suback.packet_id).unwrap_or_default();
        self.left = self.left.saturating_sub(1);
        self.was_granted |= suback.reasons.iter().any(|reason| !reason.is_error());
        let reasons = suback.reasons.iter().copied();
        let denied = filters.into_iter().zip(reasons).filter(|(_, reason)| reason.is_error());
        let answer = match (self.left, self.was_granted) {
            (0, true) => Answer::Granted,
            (0, false) => Answer::AllDenied,
            _ => Answer::NotYet,
        };
        (denied.collect(), answer)
    }
}
