//! The part of reading that concerns bridges: which block is open, and what holds them together.

use std::collections::BTreeSet;

use super::Bridge;
use super::draft::BridgeDraft;
use crate::config::load::{Context, Reader};
use crate::config::options::{Set, invalid};
use crate::config::{Place, Problem, parse};

/// Which bridge the options belong to.
#[derive(Debug, Default)]
pub(in crate::config) struct BridgeReader {
    /// The bridge whose block is open.
    pub open: Option<usize>,
    /// Where each bridge was opened.
    places: Vec<Place>,
}

impl Reader {
    /// `connection NAME`.
    pub(in crate::config) fn open_bridge(
        &mut self,
        option: &'static str,
        value: &str,
        place: &Place,
    ) -> Result<(), Problem> {
        let name = parse::word(value);
        if name.is_empty() {
            return Err(Problem::Empty(option));
        }
        let is_known = self.draft.bridges.iter().any(|draft| draft.bridge.name == name);
        // Options that follow belong to this bridge even if its name is wrong.
        self.bridges.open = Some(self.draft.bridges.len());
        self.bridges.places.push(place.clone());
        self.draft.bridges.push(BridgeDraft::new(name));
        if is_known {
            return Err(Problem::DuplicateBridge(name.to_owned()));
        }
        if name.contains(['/', '+', '#']) {
            return Err(invalid(option, name, "a name without '/', '+' and '#'"));
        }
        Ok(())
    }

    /// Sets something of the bridge whose block is open; in `--set` of all bridges, where it opened
    /// none.
    pub(in crate::config) fn for_bridges(
        &mut self,
        option: &'static str,
        set: &Set<BridgeDraft>,
        value: &str,
    ) -> Result<(), Problem> {
        let bridges = &mut self.draft.bridges;
        match self.bridges.open {
            Some(index) => set.apply(&mut bridges[index], option, value),
            None if self.context == Context::All && !bridges.is_empty() => {
                bridges.iter_mut().try_for_each(|bridge| set.apply(bridge, option, value))
            }
            None => Err(Problem::NeedsBridge(option)),
        }
    }

    /// The complete bridges; what is wrong with them joins the problems.
    pub(in crate::config) fn finish_bridges(&mut self) -> Vec<Bridge> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let mut complete = Vec::new();
        let mut local_ids = BTreeSet::new();
        let drafts = std::mem::take(&mut self.draft.bridges);
        for (draft, place) in drafts.into_iter().zip(&self.bridges.places) {
            match draft.finish(&host) {
                Ok(bridge) if local_ids.insert(bridge.local_client_id.clone()) => {
                    complete.push(bridge);
                }
                Ok(bridge) => {
                    let problem = Problem::DuplicateLocalId(bridge.local_client_id);
                    self.problems.push((problem, place.clone()));
                }
                Err(problem) => self.problems.push((problem, place.clone())),
            }
        }
        complete
    }
}
