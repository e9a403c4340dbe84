"""Food in a wok: hundreds of small pieces that land, lie, are pushed by a spatula, tumble and brown.

A piece is a sprite: its points and their colours, with a dark crescent at one side that sets it off from what lies
below. Sprites come in a few turns, shades and degrees of browning, drawn once; a picture then only says which go where.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from local.sample.textures import Picture, clouds, smooth_step

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]
"""Pixels as 32-bit words: red, green, blue, opaque."""

TURNS = 12
SHADES = 3
BROWNINGS = 8
PUSH_REACH = 70.0
"""How far around the blade pieces are moved along, pixels."""
LANDING_S = 0.55
FALL_PIXELS = 150.0
"""From how far up pieces are seen to fall."""
CELL = 22.0
"""Pieces make room for each other where more than `CROWDED` of them lie in a square of this side, pixels."""
CROWDED = 3.5
SLIDE_PER_S = 0.38
"""The wok is round: what is stirred slides back to its middle, by this share of its distance per second."""

Shape = Literal["grain", "curd", "ring", "cube", "slice", "slab", "strand"]


@dataclass(frozen=True)
class Ingredient:
    """One kind of piece."""

    shape: Shape
    count: int
    size: tuple[float, float]
    """Smallest and largest half length, pixels."""
    raw: tuple[float, float, float]
    browned: tuple[float, float, float]
    lands_s: float
    """When it goes into the pan."""
    spread: float = 1.0
    """How far it scatters, 1 for the whole floor."""


@dataclass(frozen=True)
class Bank:
    """The sprites of one ingredient, filled up to the same number of points, by turn, shade and browning."""

    offsets: Integers
    """Sprites × points: how far each point lies from the middle, counted along the canvas."""
    pixels: Words
    """Sprites × points."""


class Food:
    """All pieces of a dish, moving."""

    def __init__(
        self,
        random: np.random.Generator,
        ingredients: Sequence[Ingredient],
        centre: tuple[float, float],
        floor: float,
        canvas_width: int,
    ) -> None:
        """Put the pieces where they will land.

        Args:
            random: source of chance.
            ingredients: what goes in.
            centre: row and column of the pan's middle.
            floor: radius within which food stays, pixels.
            canvas_width: of every canvas that will be drawn on.
        """
        self._random, self._centre, self._floor, self._width = random, np.asarray(centre), floor, canvas_width
        self._banks = [_bank_of(random, ingredient, canvas_width) for ingredient in ingredients]
        self._at = np.concatenate([_scattered(random, ingredient, floor) for ingredient in ingredients])
        counts = [ingredient.count for ingredient in ingredients]
        self._kind = np.repeat(np.arange(len(ingredients)), counts)
        total = len(self._at)
        landing = np.repeat([ingredient.lands_s for ingredient in ingredients], counts)
        self._lands_s = landing + random.uniform(0.0, LANDING_S, total)
        self._turn = random.integers(0, TURNS, total)
        self._shade = random.integers(0, SHADES, total)
        self._browns_early = random.normal(0.0, 0.07, total)
        self._height = np.zeros(total)
        self._rising = np.zeros(total)
        self._on_top = random.random(total) < 0.5

    def step(self, step_s: float, blade: tuple[float, float] | None, velocity: tuple[float, float]) -> None:
        """Let time pass.

        Args:
            step_s: how much, seconds.
            blade: row and column of the spatula's blade, None when it is out of the pan.
            velocity: of the blade, pixels per second.
        """
        self._rising -= 900.0 * step_s * (self._height > 0)
        self._height = np.maximum(self._height + self._rising * step_s, 0.0)
        self._rising[self._height <= 0] = 0.0
        speed = float(np.hypot(*velocity))
        if blade is not None and speed > 20.0:
            self._push(step_s, blade, np.asarray(velocity), speed)
            self._settle(step_s)
        distance = np.hypot(self._at[:, 0], self._at[:, 1])
        outside = distance > self._floor
        self._at[outside] *= (self._floor / distance[outside])[:, None]

    def _settle(self, step_s: float) -> None:
        """Slide towards the middle, and away from where it is crowded."""
        self._at *= 1.0 - SLIDE_PER_S * step_s
        cells = int(2 * self._floor / CELL) + 4
        cell = np.clip((self._at / CELL + cells / 2).astype(np.int64), 1, cells - 2)
        index = cell[:, 0] * cells + cell[:, 1]
        density = np.bincount(index, minlength=cells * cells)
        downhill = np.stack(
            (density[index - cells] - density[index + cells], density[index - 1] - density[index + 1]), axis=1
        )
        pressure = np.clip(density[index] - CROWDED, 0, 8)[:, None]
        wander = self._random.normal(0, 6.0, self._at.shape)
        self._at += step_s * pressure * (1.5 * downhill + wander)

    def _push(self, step_s: float, blade: tuple[float, float], velocity: Floats, speed: float) -> None:
        away = self._at + self._centre - np.asarray(blade)
        closeness = np.exp(-((away**2).sum(axis=1)) / PUSH_REACH**2)
        touched = closeness > 0.08
        grip = closeness[touched][:, None] * self._random.uniform(0.4, 1.1, (int(touched.sum()), 1))
        aside = away[touched] / (np.hypot(away[touched][:, 0], away[touched][:, 1])[:, None] + 8.0)
        self._at[touched] += step_s * grip * (0.75 * velocity + 0.35 * speed * aside)
        tumbles = self._random.random(int(touched.sum())) < 8.0 * step_s
        chosen = np.flatnonzero(touched)[tumbles]
        self._turn[chosen] = (self._turn[chosen] + self._random.choice([-1, 1, 2], chosen.size)) % TURNS
        self._rising[chosen] = self._random.uniform(40, 60 + 0.35 * speed, chosen.size)
        self._height[chosen] = np.maximum(self._height[chosen], 0.5)

    def draw(self, canvas: Words, time_s: float, browning: float) -> None:
        """Draw every piece that is in the picture at this moment, `browning` from 0 to 1."""
        falling = np.clip((self._lands_s - time_s) / 0.30, 0.0, 1.0)
        lift = self._height + FALL_PIXELS * falling**2
        rows = np.round(self._centre[0] + self._at[:, 0] - lift).astype(np.int64)
        places = rows * self._width + np.round(self._centre[1] + self._at[:, 1]).astype(np.int64)
        degree = np.clip((browning + self._browns_early * min(1.0, 3 * browning)) * BROWNINGS, 0, BROWNINGS - 1)
        sprite = (self._turn * SHADES + self._shade) * BROWNINGS + degree.astype(np.int64)
        flat, seen = canvas.reshape(-1), falling < 1.0
        for on_top in (False, True):
            for kind, bank in enumerate(self._banks):
                chosen = np.flatnonzero(seen & (self._kind == kind) & (self._on_top == on_top))
                which = sprite[chosen]
                flat[places[chosen][:, None] + bank.offsets[which]] = bank.pixels[which]


def _scattered(random: np.random.Generator, ingredient: Ingredient, floor: float) -> Floats:
    """Where the pieces land: rice in lumps, the rest evenly."""
    count = ingredient.count
    angle = random.uniform(0, 2 * np.pi, count)
    reach = floor * ingredient.spread * np.sqrt(random.uniform(0.02, 0.9, count))
    spots = np.stack((reach * np.sin(angle), reach * np.cos(angle)), axis=1)
    if ingredient.shape != "grain":
        return spots
    lumps = floor * 0.62 * random.uniform(-1, 1, (8, 2))
    lumped = lumps[random.integers(0, 8, count)] + random.normal(0, 0.13 * floor, (count, 2))
    return np.where(random.random(count)[:, None] < 0.75, lumped, spots)


def _bank_of(random: np.random.Generator, ingredient: Ingredient, canvas_width: int) -> Bank:
    """Every turn, shade and browning of an ingredient, in this order."""
    raw, browned = np.asarray(ingredient.raw), np.asarray(ingredient.browned)
    drawn: list[tuple[Integers, Words]] = []
    for turn in range(TURNS):
        angle = np.pi * turn / TURNS if ingredient.shape in ("grain", "strand") else 2 * np.pi * turn / TURNS
        body, light = _form(random, ingredient.shape, float(random.uniform(*ingredient.size)), angle)
        for shade in range(SHADES):
            for degree in range(BROWNINGS):
                tone = raw + degree / (BROWNINGS - 1) * (browned - raw)
                drawn.append(_sprite(body, light * (0.90 + 0.09 * shade), tone, canvas_width))
    points = max(offsets.size for offsets, _ in drawn)
    filled = [np.resize(np.arange(offsets.size), points) for offsets, _ in drawn]
    return Bank(
        np.stack([offsets[order] for (offsets, _), order in zip(drawn, filled, strict=True)]),
        np.stack([pixels[order] for (_, pixels), order in zip(drawn, filled, strict=True)]),
    )


def _form(random: np.random.Generator, shape: Shape, size: float, angle: float) -> tuple[Picture, Picture]:
    """Mask (0 to 1) and light (about 1) of one piece, seen from above with light from the upper left."""
    reach = int(size * 1.35) + 4
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    lit = -(y + x) / (1.4142 * size)
    high, wide = y.shape
    if shape == "grain":
        outline = np.hypot(along / size, across / (0.36 * size))
        light = 1.0 + 0.10 * lit + 0.14 * (1 - outline)
    elif shape == "strand":
        bend = across - 0.16 * size * np.sin(2.2 * along / size + angle)
        outline = np.maximum(np.abs(along) / size, np.abs(bend) / (0.075 * size + 1.6))
        light = 1.02 + 0.10 * lit + 0.20 * (1 - np.abs(bend) / (0.075 * size + 1.6))
    elif shape == "cube":
        outline = np.maximum(np.abs(along), np.abs(across)) / (0.8 * size)
        light = 1.0 + 0.16 * np.sign(lit) * np.abs(lit) ** 0.5
    elif shape == "ring":
        distance = np.hypot(along, across * 1.15)
        outline = distance / size
        hollow = 1.0 - smooth_step(distance, 0.35 * size, 0.55 * size)
        light = 1.0 + 0.12 * lit + 0.35 * hollow
    else:
        ragged = 0.30 if shape == "curd" else 0.10
        wobble = clouds(random, high, wide, size / 2.0) - 0.5
        stretch = 0.78 if shape == "curd" else 0.66
        outline = np.hypot(along / size, across / (stretch * size)) + 2.2 * ragged * wobble
        light = 1.0 + 0.16 * lit + 0.55 * ragged * (clouds(random, high, wide, size / 4.0) - 0.5) + 0.06 * (1 - outline)
    return 1.0 - smooth_step(outline, 0.94, 1.06), light.astype(np.float32)


def _sprite(body: Picture, light: Picture, tone: Floats, canvas_width: int) -> tuple[Integers, Words]:
    """Hard at the edge, where it is darkened so that no stairs show; with a shadow to the lower right."""
    solid = body > 0.5
    shadow = np.roll(solid, (2, 2), axis=(0, 1)) & ~solid
    inner = solid & np.roll(solid, 1, 0) & np.roll(solid, -1, 0) & np.roll(solid, 1, 1) & np.roll(solid, -1, 1)
    shaded = np.clip(tone * (light * np.where(inner, 1.0, 0.80))[..., None], 0, 1)
    shaded[shadow] = np.clip(0.22 * tone, 0, 1)
    rows, columns = np.nonzero(solid | shadow)
    middle = body.shape[0] // 2
    offsets: Integers = (rows - middle) * canvas_width + (columns - middle)
    return offsets, words(shaded[rows, columns])


def words(colours: Picture) -> Words:
    """Colours (… × 3, 0 to 1) as pixels."""
    levels = np.full((*colours.shape[:-1], 4), 255, dtype=np.uint8)
    levels[..., :3] = np.round(np.clip(colours, 0, 1) * 255)
    packed: Words = levels.view(np.uint32)[..., 0]
    return packed
