//! What a poster shows: a ground and a few flat shapes in four colours, composed from a number.

/// A colour: red, green, blue.
pub(crate) type Colour = [u8; 3];

/// A flat shape. Lengths are in units of the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A disc around a point.
    Disc { x: f32, y: f32, r: f32 },
    /// A circle line of this width around a point.
    Ring { x: f32, y: f32, r: f32, width: f32 },
    /// A rectangle by its upper left corner.
    Rect { x: f32, y: f32, w: f32, h: f32 },
    /// A quarter of a disc around a corner, to the right and down where the directions are 1.
    Quarter { x: f32, y: f32, r: f32, right: f32, down: f32 },
    /// A band with parallel edges through a point, across the whole stage, falling to the right at 45 degrees.
    Band { x: f32, y: f32, width: f32 },
}

/// A ground and the shapes on it, the last on top.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scene {
    pub width: f32,
    pub height: f32,
    pub ground: Colour,
    /// The colour of words on the ground.
    pub ink: Colour,
    pub shapes: Vec<(Shape, Colour)>,
}

/// Ground, ink, and two that stand out.
type Palette = [Colour; 4];

const fn hex(colour: u32) -> Colour {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue]
}

const PALETTES: [Palette; 10] = [
    [hex(0xf3e9d2), hex(0x1f2a44), hex(0xd1495b), hex(0x2e8b84)],
    [hex(0x14202b), hex(0xf7f0e0), hex(0xf2a541), hex(0xe4572e)],
    [hex(0xdfe7e1), hex(0x173f35), hex(0xe9b44c), hex(0xb23a2e)],
    [hex(0x2b1e3e), hex(0xfbeee6), hex(0xf25f5c), hex(0xffd166)],
    [hex(0xf6f1eb), hex(0x2f2a6b), hex(0xf18701), hex(0x7678ed)],
    [hex(0x0b3954), hex(0xe7f0f7), hex(0xff6663), hex(0x8fd6c1)],
    [hex(0xfbe9e3), hex(0x2f3b42), hex(0xe85d4a), hex(0xf7b538)],
    [hex(0xe9e3f1), hex(0x20232a), hex(0x7b2d8b), hex(0xe36bae)],
    [hex(0x1d3b2a), hex(0xf4f1de), hex(0x81b29a), hex(0xf2cc8f)],
    [hex(0xf2f0ea), hex(0x16181d), hex(0x1b4fc4), hex(0xd64045)],
];

/// Numbers that follow from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From `from` to `to`, in 64 steps.
    fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.below(65) as f32 / 64.0
    }

    fn is_so(&mut self) -> bool {
        self.below(2) == 1
    }
}

impl Scene {
    /// The scene of a seed on a stage of this size. The same seed has the same composition on every stage.
    pub fn of(seed: u64, width: f32, height: f32) -> Self {
        let mut numbers = Numbers(seed);
        let palette = PALETTES[numbers.below(PALETTES.len() as u64) as usize];
        let [ground, ink, one, other] = palette;
        let (one, other) = if numbers.is_so() { (one, other) } else { (other, one) };
        let mut scene = Self { width, height, ground, ink, shapes: Vec::new() };
        let colours = [ink, one, other];
        match numbers.below(7) {
            0 => scene.rings(&mut numbers, colours),
            1 => scene.sun(&mut numbers, colours),
            2 => scene.bars(&mut numbers, colours),
            3 => scene.quarters(&mut numbers, colours),
            4 => scene.discs(&mut numbers, colours),
            5 => scene.bands(&mut numbers, colours),
            _ => scene.arches(&mut numbers, colours),
        }
        scene
    }

    fn unit(&self) -> f32 {
        self.width.min(self.height)
    }

    fn put(&mut self, shape: Shape, colour: Colour) {
        self.shapes.push((shape, colour));
    }

    /// Rings like those of water or of a record, with a small disc that has left them.
    fn rings(&mut self, numbers: &mut Numbers, [ink, one, other]: [Colour; 3]) {
        let (unit, x) = (self.unit(), self.width * numbers.between(0.3, 0.7));
        let y = self.height * numbers.between(0.4, 0.6);
        for ring in 0..5 {
            let colour = [ink, one, ink, other, ink][ring];
            self.put(Shape::Ring { x, y, r: unit * (0.12 + 0.13 * ring as f32), width: unit * 0.05 }, colour);
        }
        self.put(Shape::Disc { x, y, r: unit * 0.05 }, one);
        let x = if x < self.width / 2.0 { self.width * 0.84 } else { self.width * 0.16 };
        self.put(Shape::Disc { x, y: self.height * 0.2, r: unit * 0.08 }, other);
    }

    /// A sun or moon over bands of water.
    fn sun(&mut self, numbers: &mut Numbers, [ink, one, other]: [Colour; 3]) {
        let (unit, height) = (self.unit(), self.height);
        let (x, line) = (self.width * numbers.between(0.3, 0.7), height * numbers.between(0.52, 0.64));
        self.put(Shape::Disc { x, y: line, r: unit * numbers.between(0.3, 0.4) }, one);
        self.put(Shape::Rect { x: 0.0, y: line, w: self.width, h: height - line }, ink);
        let mut y = line + unit * 0.06;
        for band in 0..4 {
            let h = unit * (0.022 + 0.012 * band as f32);
            let w = unit * (0.72 - 0.13 * band as f32);
            self.put(Shape::Rect { x: x - w / 2.0, y, w, h }, if band % 2 == 0 { one } else { other });
            y += h + unit * 0.055;
        }
    }

    /// Bars of a sound, the same above and below the middle.
    fn bars(&mut self, numbers: &mut Numbers, [ink, one, other]: [Colour; 3]) {
        let step = self.width / 12.0;
        for bar in 1..11_u64 {
            let half = self.height * numbers.between(0.08, 0.38);
            let colour = match numbers.below(5) {
                0 => one,
                1 => other,
                _ => ink,
            };
            let (x, y) = (step * bar as f32 + step * 0.2, self.height / 2.0 - half);
            self.put(Shape::Rect { x, y, w: step * 0.6, h: half * 2.0 }, colour);
        }
    }

    /// A pavement of quarters of discs.
    fn quarters(&mut self, numbers: &mut Numbers, colours: [Colour; 3]) {
        let side = self.unit() / 3.0;
        let columns = (self.width / side).ceil().max(1.0);
        let rows = (self.height / side).ceil().max(1.0);
        for place in 0..(columns * rows) as u64 {
            let (column, row) = ((place % columns as u64) as f32, (place / columns as u64) as f32);
            let (right, down) = (numbers.is_so(), numbers.is_so());
            let colour = colours[numbers.below(3) as usize];
            let x = (column + if right { 0.0 } else { 1.0 }) * side;
            let y = (row + if down { 0.0 } else { 1.0 }) * side;
            let sign = |is: bool| if is { 1.0 } else { -1.0 };
            if numbers.below(6) > 0 {
                self.put(Shape::Quarter { x, y, r: side, right: sign(right), down: sign(down) }, colour);
            } else {
                let (x, y) = ((column + 0.5) * side, (row + 0.5) * side);
                self.put(Shape::Disc { x, y, r: side * 0.3 }, colour);
            }
        }
    }

    /// Large discs that cover each other, and a ring.
    fn discs(&mut self, numbers: &mut Numbers, [ink, one, other]: [Colour; 3]) {
        let unit = self.unit();
        for (at, colour) in [(0.24, one), (0.76, other), (0.5, ink)] {
            let x = self.width * (at + numbers.between(-0.06, 0.06));
            let y = self.height * numbers.between(0.34, 0.66);
            self.put(Shape::Disc { x, y, r: unit * numbers.between(0.18, 0.34) }, colour);
        }
        let (x, y) = (self.width * numbers.between(0.2, 0.8), self.height * numbers.between(0.3, 0.7));
        self.put(Shape::Ring { x, y, r: unit * 0.36, width: unit * 0.02 }, self.ground);
    }

    /// Bands like light over a stage, and a disc before them.
    fn bands(&mut self, numbers: &mut Numbers, [ink, one, other]: [Colour; 3]) {
        let (unit, mut x) = (self.unit(), 0.0);
        let mut at = numbers.below(3) as usize;
        while x < self.width + self.height {
            let width = unit * numbers.between(0.06, 0.2);
            self.put(Shape::Band { x, y: 0.0, width }, [ink, one, other][at % 3]);
            (x, at) = (x + width + unit * numbers.between(0.12, 0.26), at + 1);
        }
        let (x, y) = (self.width * numbers.between(0.3, 0.7), self.height * numbers.between(0.4, 0.6));
        self.put(Shape::Disc { x, y, r: unit * 0.24 }, self.ground);
        self.put(Shape::Disc { x, y, r: unit * 0.18 }, one);
    }

    /// Arches of a stage, one in the other.
    fn arches(&mut self, numbers: &mut Numbers, [ink, one, other]: [Colour; 3]) {
        let (unit, x) = (self.unit(), self.width * numbers.between(0.36, 0.64));
        let y = self.height * numbers.between(0.5, 0.6);
        for (arch, colour) in [ink, one, self.ground, other, ink].into_iter().enumerate() {
            let r = unit * (0.46 - 0.09 * arch as f32);
            self.put(Shape::Disc { x, y, r }, colour);
            self.put(Shape::Rect { x: x - r, y, w: r * 2.0, h: self.height - y }, colour);
        }
        let x = if numbers.is_so() { self.width * 0.14 } else { self.width * 0.86 };
        self.put(Shape::Disc { x, y: self.height * 0.22, r: unit * 0.07 }, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_scene_and_all_compositions_and_palettes_come_up() {
        let scenes: Vec<Scene> = (0..500).map(|seed| Scene::of(seed, 120.0, 90.0)).collect();
        assert_eq!(scenes[7], Scene::of(7, 120.0, 90.0));
        let mut grounds: Vec<Colour> = scenes.iter().map(|scene| scene.ground).collect();
        grounds.sort_unstable();
        grounds.dedup();
        assert_eq!(grounds.len(), PALETTES.len());
        assert!(scenes.iter().all(|scene| (4..40).contains(&scene.shapes.len())));
    }

    #[test]
    fn words_are_read_on_every_ground() {
        let light = |colour: Colour| {
            let channel = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(colour[0]) + 0.7152 * channel(colour[1]) + 0.0722 * channel(colour[2])
        };
        for [ground, ink, ..] in PALETTES {
            let (one, other) = (light(ground), light(ink));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 7.0, "{ground:?} {ink:?} {contrast}");
        }
    }
}
