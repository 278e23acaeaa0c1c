//! The conversations of all tables, in order of their beginning, each where its table put it.

use std::ops::{Index, IndexMut};

use super::Conversation;

/// Conversations in order of their beginning.
#[derive(Clone, Debug, Default)]
pub struct Conversations {
    tables: Vec<Vec<Conversation>>,
    order: Vec<Place>,
}

/// A table, and a place in it.
type Place = (u32, u32);

impl Conversations {
    /// The conversations of some tables.
    #[must_use]
    pub fn new(tables: Vec<Vec<Conversation>>) -> Self {
        let of_table = |(table, all): (u32, &Vec<Conversation>)| -> Vec<(i64, Place)> {
            all.iter().zip(0..).map(|(one, place)| (one.first.0, (table, place))).collect()
        };
        let mut order: Vec<(i64, Place)> = (0..).zip(&tables).flat_map(of_table).collect();
        let rest = |(table, place): Place| {
            let one = &tables[table as usize][place as usize];
            (one.key(), one.last)
        };
        // Each table is in order already, as far as its captures are.
        order.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(&rest(b.1))));
        let order = order.into_iter().map(|(_, place)| place).collect();
        Self { tables, order }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Conversation> + Clone {
        self.range(0..self.len())
    }

    /// Some of them.
    ///
    /// # Panics
    /// The range goes beyond the end.
    pub fn range(
        &self,
        range: std::ops::Range<usize>,
    ) -> impl ExactSizeIterator<Item = &Conversation> + Clone {
        self.order[range]
            .iter()
            .map(|(table, place)| &self.tables[*table as usize][*place as usize])
    }
}

impl From<Vec<Conversation>> for Conversations {
    fn from(conversations: Vec<Conversation>) -> Self {
        Self::new(vec![conversations])
    }
}

impl Index<usize> for Conversations {
    type Output = Conversation;

    fn index(&self, at: usize) -> &Conversation {
        let (table, place) = self.order[at];
        &self.tables[table as usize][place as usize]
    }
}

impl IndexMut<usize> for Conversations {
    fn index_mut(&mut self, at: usize) -> &mut Conversation {
        let (table, place) = self.order[at];
        &mut self.tables[table as usize][place as usize]
    }
}
