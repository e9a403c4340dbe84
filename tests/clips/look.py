"""The picture of a story: a counter, a pan seen from above or at a slant, food that browns, a hand, steam and smoke.

Small, quick and varied rather than pretty: what matters is that colours, movements and veils change as they do in front
of a phone, and that no two kitchens look alike.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.clips.story import Story, value_at

Picture = npt.NDArray[np.floating[Any]]
"""Height × width × 3, 0 to 255."""

Point = tuple[float, float]
"""Row and column."""

RAW = {
    "fried-rice": ((236, 226, 200), (240, 206, 96), (120, 170, 80)),
    "vegetable-stir-fry": ((120, 175, 75), (235, 140, 50), (235, 235, 215)),
    "ginger-pork": ((224, 160, 150), (235, 190, 175), (240, 235, 210)),
    "beef-steak": ((150, 50, 52),),
    "hamburg-steak": ((190, 105, 95),),
    "salmon-meuniere": ((238, 150, 115),),
    "karaage": ((232, 208, 176), (225, 195, 160)),
    "mapo-tofu": ((245, 240, 225), (190, 80, 50), (240, 235, 215)),
    "omurice": ((246, 212, 92), (242, 200, 80)),
    "pomodoro": ((205, 60, 40), (230, 190, 130), (200, 70, 45)),
}
BROWNED = np.array((150, 92, 42), dtype=np.float32)
CHARRED = np.array((52, 33, 20), dtype=np.float32)
SKIN = ((228, 178, 148), (196, 140, 108), (141, 95, 68))
METAL = ((52, 52, 56), (120, 122, 126), (34, 32, 32), (168, 166, 160))
ONE_PIECE = ("beef-steak", "hamburg-steak", "salmon-meuniere")


class Kitchen:
    """One kitchen with one dish in it, drawn picture by picture."""

    def __init__(self, story: Story, width: int, height: int) -> None:
        """Everything that stays the same during the film."""
        self.story, self.width, self.height = story, width, height
        self.random = np.random.default_rng((story.seed, 2))
        short = min(width, height)
        self.margin = int(short * 0.06) + 2
        rows, columns = height + 2 * self.margin, width + 2 * self.margin
        self.y, self.x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        random = self.random
        self.centre = (
            rows / 2 + random.uniform(-0.08, 0.08) * short,
            columns / 2 + random.uniform(-0.12, 0.12) * short,
        )
        self.radius = short * random.uniform(0.30, 0.44)
        self.slant = random.uniform(0.7, 1.0)
        self.skin = np.array(SKIN[int(random.integers(len(SKIN)))], dtype=np.float32)
        self.noise = [
            random.normal(0, random.uniform(1.5, 5.0), (height, width, 1)).astype(np.float32) for _ in range(6)
        ]
        self.empty = self._empty_kitchen(rows, columns)
        self._place_food(short)
        self.veil = _clouds(random, rows * 2, columns * 2, short / 4)
        self.veil_colour = np.array((196, 198, 204) if story.haze_kind == "smoke" else (238, 240, 243), np.float32)

    def _empty_kitchen(self, rows: int, columns: int) -> Picture:
        random = self.random
        counter = np.array(
            [(172, 132, 92), (205, 200, 190), (90, 92, 96), (226, 222, 214), (60, 66, 74)][int(random.integers(5))],
            dtype=np.float32,
        )
        grain = _clouds(random, rows, columns, 6) * 26 + _clouds(random, rows, columns, 40) * 22
        stripes = 8 * np.sin(self.y / random.uniform(3, 9) + 3 * _clouds(random, rows, columns, 50))
        tiles = ((self.x // random.integers(24, 50)) + (self.y // random.integers(24, 50))) % 2 * 14
        pattern = (stripes, tiles, np.zeros_like(stripes))[int(random.integers(3))]
        picture = counter + (grain - grain.mean() + pattern)[..., None]
        for _ in range(int(random.integers(2, 7))):  # things on the counter
            top, left = random.uniform(0, rows), random.uniform(0, columns)
            high, wide = random.uniform(10, 40), random.uniform(10, 50)
            box = (np.abs(self.y - top) < high / 2) & (np.abs(self.x - left) < wide / 2)
            picture[box] = random.uniform(30, 240, 3)
        distance = self._from_centre()
        stove = np.array((38, 38, 42), np.float32) + 10 * _clouds(random, rows, columns, 5)[..., None]
        picture[distance < 1.12] = stove[distance < 1.12]
        metal = np.array(METAL[int(random.integers(len(METAL)))], np.float32)
        shine = 26 * np.cos(np.arctan2(self.y - self.centre[0], self.x - self.centre[1]) * 2 + random.uniform(0, 6))
        inside = distance < 1.0
        picture[inside] = (metal + (shine + 16 * distance)[..., None])[inside]
        rim = (distance > 0.93) & inside
        picture[rim] += 34
        empty: Picture = np.clip(picture, 0, 255).astype(np.float32)
        return empty

    def _from_centre(self) -> Picture:
        """Distance from the middle of the pan; 1 at its rim."""
        distance: Picture = np.hypot((self.y - self.centre[0]) / self.slant, self.x - self.centre[1]) / self.radius
        return distance

    def _place_food(self, short: int) -> None:
        random, dish = self.random, self.story.dish
        raw = RAW.get(dish, RAW["fried-rice"])
        self.one_piece = dish in ONE_PIECE
        count = int(random.integers(2, 5)) if self.one_piece else int(random.integers(35, 80))
        self.angles = random.uniform(0, 2 * np.pi, count)
        self.distances = np.sqrt(random.uniform(0.0, 0.5, count))
        size = (0.12, 0.17) if self.one_piece else (0.028, 0.06)
        self.sizes = random.uniform(*size, count) * short
        self.colours = np.array([raw[int(random.integers(len(raw)))] for _ in range(count)], np.float32)
        self.colours += random.normal(0, 8, (count, 3)).astype(np.float32)
        self.arrives = np.sort(random.uniform(0, 1, count))
        self.phase = 0.0

    def draw(self, time_s: float, step_s: float) -> Picture:
        """The picture at this moment."""
        story, around = self.story, self.story.distractors
        picture = self.empty.copy()
        vigour = next((s.vigour for s in story.stirring if s.start_s <= time_s < s.end_s), 0.0)
        self.phase += vigour * step_s * 2 * np.pi
        self._move_food(vigour, step_s)
        self._draw_food(picture, time_s)
        if vigour > 0:
            self._draw_hand(picture, self.phase)
        for reach_s in around.reaching_s:
            if 0 <= time_s - reach_s < 1.6:
                self._draw_arm(picture, (time_s - reach_s) / 1.6)
        for drop_s in story.drops_s:
            if -0.8 <= time_s - drop_s < 0.8:
                self._draw_hand(picture, 1.0 + drop_s)
        self._draw_haze(picture, time_s)
        return self._through_the_camera(picture, time_s)

    def _move_food(self, vigour: float, step_s: float) -> None:
        if vigour <= 0:
            return
        swing = vigour * step_s * (1.5 if self.one_piece else 2.6)
        count = len(self.angles)
        self.angles += swing * (0.5 + self.random.uniform(0, 1, count)) + self.random.normal(0, swing * 0.5, count)
        jitter = self.random.normal(0, 0.25 * swing, count)
        self.distances = np.clip(np.abs(self.distances + jitter), 0.03, 0.78)

    def _draw_food(self, picture: Picture, time_s: float) -> None:
        story = self.story
        if not story.drops_s or time_s < story.drops_s[0]:
            return
        browning = value_at(story.browning, time_s)
        first_share = 1.0 if len(story.drops_s) == 1 else 0.6
        landed = first_share * min(1.0, (time_s - story.drops_s[0]) / 0.6)
        if len(story.drops_s) > 1 and time_s > story.drops_s[1]:
            landed = first_share + (1 - first_share) * min(1.0, (time_s - story.drops_s[1]) / 0.6)
        for index in np.flatnonzero(self.arrives <= landed):
            reach = self.distances[index] * self.radius
            row = self.centre[0] + reach * np.sin(self.angles[index]) * self.slant
            column = self.centre[1] + reach * np.cos(self.angles[index])
            colour = _cooked(self.colours[index], browning + 0.1 * np.sin(3.0 * index) * min(1.0, 2 * browning))
            _disc(picture, row, column, float(self.sizes[index]), self.slant, colour)

    def _draw_hand(self, picture: Picture, phase: float) -> None:
        row = self.centre[0] + 0.35 * self.radius * np.sin(phase) * self.slant
        column = self.centre[1] + 0.35 * self.radius * np.cos(phase)
        outside = (picture.shape[0] * 1.05, self.centre[1] + self.radius * 0.9)
        _line(picture, (row, column), outside, 3.0, np.array((120, 96, 70), np.float32))
        grip = (row + 0.62 * (outside[0] - row), column + 0.62 * (outside[1] - column))
        _line(picture, grip, outside, self.radius * 0.16, self.skin)

    def _draw_arm(self, picture: Picture, progress: float) -> None:
        row = picture.shape[0] * (1.1 - 0.55 * np.sin(np.pi * progress))
        _line(picture, (row, picture.shape[1] * 0.2), (picture.shape[0] * 1.1, 0.0), self.radius * 0.17, self.skin)

    def _draw_haze(self, picture: Picture, time_s: float) -> None:
        density = value_at(self.story.haze, time_s)
        if density <= 0:
            return
        rows, columns = picture.shape[:2]
        top, left = int(time_s * 17) % rows, int(time_s * 6) % columns
        wisps = self.veil[top : top + rows, left : left + columns]
        spread = np.clip(1.5 - 0.6 * self._from_centre(), 0.25, 1.0)
        alpha = np.clip(density * spread * (0.55 + 0.9 * wisps), 0, 0.9)[..., None]
        picture += alpha * (self.veil_colour - picture)

    def _through_the_camera(self, picture: Picture, time_s: float) -> Picture:
        around = self.story.distractors
        sway = around.shake * min(self.width, self.height)
        row = self.margin + round(sway * (np.sin(1.7 * time_s) + 0.6 * np.sin(4.1 * time_s + 1)))
        column = self.margin + round(sway * (np.sin(1.3 * time_s + 2) + 0.6 * np.sin(5.3 * time_s)))
        row, column = int(np.clip(row, 0, 2 * self.margin)), int(np.clip(column, 0, 2 * self.margin))
        seen = picture[row : row + self.height, column : column + self.width]
        gain = value_at(around.exposure, time_s)
        noise = self.noise[int(time_s * 10) % len(self.noise)]
        lit: Picture = np.clip(seen * np.float32(gain) + noise, 0, 255)
        return lit


class Office:
    """A desk and somebody who talks: grey, with a head that nods."""

    def __init__(self, story: Story, width: int, height: int) -> None:
        """A room, a window, a person."""
        random = np.random.default_rng((story.seed, 2))
        self.kitchen = Kitchen(story, width, height)
        rows, columns = self.kitchen.empty.shape[:2]
        wall = np.full((rows, columns, 3), random.uniform(150, 225), np.float32) + random.normal(0, 6, 3)
        wall += 20 * _clouds(random, rows, columns, 40)[..., None]
        wall[: rows // 2, : columns // 3] = (190, 205, 225)
        wall[int(rows * 0.75) :] = random.uniform(60, 140)
        self.kitchen.empty = wall.astype(np.float32)
        self.head = (rows * 0.45, columns * 0.55, min(rows, columns) * 0.16)

    def draw(self, time_s: float, step_s: float) -> Picture:
        """The picture at this moment."""
        del step_s
        picture = self.kitchen.empty.copy()
        row, column, size = self.head
        row += 3 * np.sin(1.1 * time_s) * np.sin(0.3 * time_s)
        _disc(picture, row + 2.3 * size, column, 1.6 * size, 1.0, np.array((60, 70, 100), np.float32))
        _disc(picture, row, column, size, 1.2, self.kitchen.skin)
        return self.kitchen._through_the_camera(picture, time_s)


def pictures(story: Story, width: int, height: int, rate: float) -> Iterator[npt.NDArray[np.uint8]]:
    """Every picture of the film."""
    view = Office(story, width, height) if story.scene == "office" else Kitchen(story, width, height)
    for number in range(int(story.duration_s * rate)):
        if story.scene == "black":
            yield np.zeros((height, width, 3), np.uint8)
        else:
            yield view.draw(number / rate, 1.0 / rate).astype(np.uint8)


def _cooked(raw: Picture, browning: float) -> Picture:
    if browning <= 0.6:
        share = np.float32(np.clip(browning, 0, 0.6) / 0.6)
        return raw + share * (BROWNED - raw)
    share = np.float32(np.clip((browning - 0.6) / 0.4, 0, 1))
    return BROWNED + share * (CHARRED - BROWNED)


def _disc(picture: Picture, row: float, column: float, size: float, slant: float, colour: Picture) -> None:
    top, bottom = int(max(0, row - size)), int(min(picture.shape[0], row + size + 1))
    left, right = int(max(0, column - size)), int(min(picture.shape[1], column + size + 1))
    if top >= bottom or left >= right:
        return
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - row
    x = np.arange(left, right, dtype=np.float32)[None, :] - column
    inside = (y / slant) ** 2 + x**2 < size**2
    light = 1.0 - (0.18 / (size + 1e-3)) * (y + x)
    picture[top:bottom, left:right][inside] = colour * light[inside][:, None]


def _line(
    picture: Picture, start: tuple[float, float], end: tuple[float, float], width: float, colour: Picture
) -> None:
    steps = max(2, int(np.hypot(end[0] - start[0], end[1] - start[1]) / max(1.5, width * 0.5)))
    for share in np.linspace(0, 1, steps):
        _disc(
            picture,
            start[0] + share * (end[0] - start[0]),
            start[1] + share * (end[1] - start[1]),
            width,
            1.0,
            colour,
        )


def _clouds(random: np.random.Generator, rows: int, columns: int, scale: float) -> Picture:
    """Smooth noise, 0 to 1, with features of about `scale` pixels; wraps around."""
    spectrum = np.fft.rfft2(random.standard_normal((rows, columns)))
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]
    smooth = np.fft.irfft2(spectrum * np.exp(-((fy**2 + fx**2) * (scale * 2.5) ** 2)), s=(rows, columns))
    low, high = smooth.min(), smooth.max()
    clouds: Picture = ((smooth - low) / (high - low + 1e-9)).astype(np.float32)
    return clouds
