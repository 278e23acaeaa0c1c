//! A selected row and the first one shown.

/// Where one stands in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The selected row.
    pub selected: usize,
    /// The first row shown.
    pub top: usize,
}

impl Cursor {
    /// Moves the selection by so many rows.
    pub fn step(&mut self, by: isize, len: usize) {
        self.selected = self.selected.saturating_add_signed(by).min(len.saturating_sub(1));
    }

    /// Keeps within `len` rows, and the selection among the `height` rows shown.
    pub fn fit(&mut self, len: usize, height: usize) {
        self.selected = self.selected.min(len.saturating_sub(1));
        let last_top = len.saturating_sub(height);
        let least = (self.selected + 1).saturating_sub(height);
        self.top = self.top.clamp(least, self.selected.max(least)).min(last_top.max(least));
    }

    /// Moves what is shown without moving the selection more than needed.
    pub fn scroll(&mut self, by: isize, len: usize, height: usize) {
        let last_top = len.saturating_sub(height);
        self.top = self.top.saturating_add_signed(by).min(last_top);
        let bottom = (self.top + height).saturating_sub(1).min(len.saturating_sub(1));
        self.selected = self.selected.clamp(self.top.min(bottom), bottom);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_always_among_the_rows_shown() {
        for (selected, top, len, height, expected) in [
            (0, 0, 0, 5, (0, 0)),
            (9, 0, 5, 3, (4, 2)),
            (2, 9, 5, 3, (2, 2)),
            (0, 2, 5, 3, (0, 0)),
            (3, 0, 5, 3, (3, 1)),
            (1, 0, 5, 0, (1, 2)),
        ] {
            let mut cursor = Cursor { selected, top };
            cursor.fit(len, height);
            assert_eq!((cursor.selected, cursor.top), expected, "{selected} {top} {len} {height}");
        }
        let mut cursor = Cursor { selected: 0, top: 0 };
        cursor.scroll(2, 10, 4);
        assert_eq!((cursor.selected, cursor.top), (2, 2));
        cursor.scroll(99, 10, 4);
        assert_eq!((cursor.selected, cursor.top), (6, 6));
        cursor.step(99, 10);
        assert_eq!(cursor.selected, 9);
    }
}
