//! The small tables of VP8: trees' probabilities, bands, scan order and quantisers (RFC 6386 §8, §11, §13, §14).

/// The odds of each step of the token tree: by type of block, band, context and place in the tree.
pub(super) type TokenProbabilities = [[[[u8; 11]; 3]; 8]; 4];

/// Of a key frame's luma mode: whole-block prediction, then vertical or DC against the others (RFC 6386 §11.2).
pub(super) const KEY_LUMA_MODE: [u8; 4] = [145, 156, 163, 128];
/// Of a key frame's chroma mode (RFC 6386 §11.2).
pub(super) const KEY_CHROMA_MODE: [u8; 3] = [142, 114, 183];
/// Of an intra macroblock's luma mode in other frames, whose tree has another shape (RFC 6386 §16.2).
pub(super) const INTER_LUMA_MODE: [u8; 4] = [112, 86, 140, 37];
/// Of its chroma mode (RFC 6386 §16.2).
pub(super) const INTER_CHROMA_MODE: [u8; 3] = [162, 101, 204];

/// That a macroblock does not move, by the weight of its neighbours that do not either (RFC 6386 §16.3).
pub(super) const ZERO_MOTION: [u8; 6] = [7, 14, 135, 60, 159, 234];

/// That a frame replaces the probabilities of motion vectors, of rows and of columns (RFC 6386 §17.2).
pub(super) const MOTION_UPDATE: [[u8; 19]; 2] = [
    [237, 246, 253, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 250, 250, 252, 254, 254],
    [231, 243, 245, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 251, 251, 254, 254, 254],
];

/// Which place of the block each coefficient has, low frequencies first (RFC 6386 §13).
pub(super) const ZIGZAG: [usize; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

/// Places of the scan that share their odds (RFC 6386 §13.3).
pub(super) const BAND: [usize; 16] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7];

/// The least value of each category of large coefficients, and the odds of its extra bits (RFC 6386 §13.2).
pub(super) const CATEGORY: [(u16, &[u8]); 6] = [
    (5, &[159]),
    (7, &[165, 145]),
    (11, &[173, 148, 140]),
    (19, &[176, 155, 140, 135]),
    (35, &[180, 157, 141, 134, 130]),
    (67, &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129]),
];

/// Steps of DC coefficients, by quantiser index (RFC 6386 §14.1).
pub(super) const DC_STEP: [i16; 128] = [
    4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 17, 18, 19, 20, 20, 21, 21, 22, 22, 23, 23, 24, 25,
    25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 46, 47, 48,
    49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
    75, 76, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 91, 93, 95, 96, 98, 100, 101, 102, 104,
    106, 108, 110, 112, 114, 116, 118, 122, 124, 126, 128, 130, 132, 134, 136, 138, 140, 143, 145, 148, 151,
    154, 157,
];

/// Steps of all other coefficients, by quantiser index (RFC 6386 §14.1).
pub(super) const AC_STEP: [i16; 128] = [
    4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
    58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106,
    108, 110, 112, 114, 116, 119, 122, 125, 128, 131, 134, 137, 140, 143, 146, 149, 152, 155, 158, 161, 164,
    167, 170, 173, 177, 181, 185, 189, 193, 197, 201, 205, 209, 213, 217, 221, 225, 229, 234, 239, 245, 249,
    254, 259, 264, 269, 274, 279, 284,
];
