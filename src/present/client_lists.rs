//! Long lists of clients that several firewall exceptions share: written once, referred to by number.

use std::{collections::HashMap, sync::Arc};

use crate::judge::{ClientList, Exception};

/// Lists with more addresses than this are written once.
const LONG: usize = 20;

/// The long lists that are used more than once, numbered from 1 in the order of use.
pub(super) struct SharedLists<'e> {
    lists: Vec<&'e Arc<ClientList>>,
    numbers: HashMap<*const ClientList, usize>,
}

impl<'e> SharedLists<'e> {
    pub fn new(exceptions: &'e [Exception]) -> Self {
        let mut uses: HashMap<*const ClientList, usize> = HashMap::new();
        for exception in exceptions {
            *uses.entry(Arc::as_ptr(&exception.list)).or_default() += 1;
        }
        let mut shared = Self { lists: Vec::new(), numbers: HashMap::new() };
        for exception in exceptions {
            let list = Arc::as_ptr(&exception.list);
            let is_shared = exception.list.remotes.len() > LONG && uses[&list] > 1;
            if is_shared && !shared.numbers.contains_key(&list) {
                shared.lists.push(&exception.list);
                shared.numbers.insert(list, shared.lists.len());
            }
        }
        shared
    }

    /// The number of an exception's list; `None` where it is written in place.
    pub fn number(&self, exception: &Exception) -> Option<usize> {
        self.numbers.get(&Arc::as_ptr(&exception.list)).copied()
    }

    /// The lists with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &ClientList)> {
        self.lists.iter().enumerate().map(|(place, list)| (place + 1, list.as_ref()))
    }
}
