//! A picture in memory: I420, a plane of brightness and two of colour at half its size.

/// One plane. Rows are `stride` bytes apart, and there may be more of them than the picture shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plane {
    data: Vec<u8>,
    stride: usize,
}

impl Plane {
    /// All in one value. A stride of 0 counts as 1.
    pub fn new(stride: usize, rows: usize, value: u8) -> Self {
        let stride = stride.max(1);
        Plane { data: vec![value; stride * rows], stride }
    }

    /// All bytes, row by row.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Bytes from one row to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.data.len() / self.stride
    }

    /// One row. Panics if there is none with this number.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[y * self.stride..(y + 1) * self.stride]
    }

    /// One row, to be painted.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.data[y * self.stride..(y + 1) * self.stride]
    }

    /// Fills a rectangle, as much of it as is inside.
    pub fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, value: u8) {
        let (from, to) = (x.min(self.stride), x.saturating_add(width).min(self.stride));
        for row in y.min(self.rows())..y.saturating_add(height).min(self.rows()) {
            self.row_mut(row)[from..to].fill(value);
        }
    }
}

/// Three planes, each padded to whole macroblocks of VP8: 16 pixels of brightness, 8 of colour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    width: usize,
    height: usize,
    /// Brightness, then the colour differences U and V.
    pub planes: [Plane; 3],
}

/// The longest side in pixels: what a VP8 header can say (RFC 6386 §9.1).
pub const MAX_SIDE: usize = 16383;

impl Picture {
    /// A black one. Sides are at least 1 and at most [`MAX_SIDE`].
    pub fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width.clamp(1, MAX_SIDE), height.clamp(1, MAX_SIDE));
        let (columns, rows) = (width.div_ceil(16), height.div_ceil(16));
        let colour = Plane::new(columns * 8, rows * 8, 128);
        Picture { width, height, planes: [Plane::new(columns * 16, rows * 16, 16), colour.clone(), colour] }
    }

    /// Becomes a copy of another one, in the same memory if it has the same size.
    pub fn copy_from(&mut self, other: &Picture) {
        (self.width, self.height) = (other.width, other.height);
        for (plane, other) in self.planes.iter_mut().zip(&other.planes) {
            plane.stride = other.stride;
            plane.data.clone_from(&other.data);
        }
    }

    /// In pixels that are shown.
    pub fn width(&self) -> usize {
        self.width
    }

    /// In pixels that are shown.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Fills a rectangle whose sides are even with one colour, as Y, U and V.
    pub fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), colour: [u8; 3]) {
        self.planes[0].fill(x, y, width, height, colour[0]);
        for (plane, value) in self.planes[1..].iter_mut().zip(&colour[1..]) {
            plane.fill(x / 2, y / 2, width.div_ceil(2), height.div_ceil(2), *value);
        }
    }
}
