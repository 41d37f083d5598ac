//! How the camera was held. 3GPP TS 26.114 §7.4.5.
//!
//! ```text
//! |0 0 0 0|C|F|R R|
//! ```

use limpid_sansio::wire::ParseError;

use super::exactly;

/// By how much the picture has to be turned, clockwise, to stand upright.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Rotation {
    /// It stands upright.
    #[default]
    None,
    /// A quarter.
    Quarter,
    /// Upside down.
    Half,
    /// Three quarters.
    ThreeQuarters,
}

impl Rotation {
    /// 0, 90, 180 or 270.
    pub const fn degrees(self) -> u16 {
        self as u16 * 90
    }
}

/// Orientation of a frame.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct VideoOrientation {
    /// The camera on the back of the device, which looks away from its user.
    pub back_camera: bool,
    /// The picture is mirrored left to right.
    pub flipped: bool,
    /// How it has to be turned.
    pub rotation: Rotation,
}

impl VideoOrientation {
    /// Reads one byte. Its high bits are not used, and are ignored.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [byte] = exactly(data, "video orientation")?;
        let rotation = match byte & 3 {
            0 => Rotation::None,
            1 => Rotation::Quarter,
            2 => Rotation::Half,
            _ => Rotation::ThreeQuarters,
        };
        Ok(VideoOrientation { back_camera: byte & 8 != 0, flipped: byte & 4 != 0, rotation })
    }

    /// The counterpart of [`parse`](VideoOrientation::parse).
    pub fn to_bytes(self) -> [u8; 1] {
        [u8::from(self.back_camera) << 3 | u8::from(self.flipped) << 2 | self.rotation as u8]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sixteen_orientations_read_back() {
        for byte in 0..16 {
            let read = VideoOrientation::parse(&[byte | 0xf0]).expect("sound");
            assert_eq!(read.to_bytes(), [byte]);
            assert_eq!(read.rotation.degrees(), u16::from(byte & 3) * 90);
        }
        assert!(VideoOrientation::parse(&[]).is_err());
    }
}
