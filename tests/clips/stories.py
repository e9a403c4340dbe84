"""The scenes a clip may show. Each takes a source of chance and the ordinary course of a dish, and spoils one thing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.models.analysis import Outcome, Sign
from tests.clips.story import OFF_DB, Curve, Distractors, Planted, Stirring, Story


@dataclass(frozen=True)
class Course:
    """How this cook's film goes when nothing goes wrong."""

    random: np.random.Generator
    seed: int
    duration_s: float
    drop_s: float
    """Food goes in."""
    end_s: float
    """The pan leaves the heat."""
    loud_db: float
    """Loudness of a hot pan in this kitchen, at this distance."""

    def between(self, low: float, high: float) -> float:
        """A number from this range."""
        return float(self.random.uniform(low, high))

    def within(self, low: float, high: float) -> float:
        """A moment of the cooking, given as shares of it."""
        return self.drop_s + (self.end_s - self.drop_s) * self.between(low, high)

    def of(self, *dishes: str) -> str:
        """One of these dishes."""
        return str(self.random.choice(dishes))


Scene = Callable[[Course], Story]


def cold_pan(course: Course) -> Story:
    """Food goes into a pan that is not hot: it hardly answers, and only warms up under the food."""
    dish = course.of("fried-rice", "beef-steak", "vegetable-stir-fry", "ginger-pork", "salmon-meuniere", "karaage")
    start_db = course.loud_db - course.between(16, 28)
    warm_s = min(course.drop_s + course.between(10, 24), course.end_s - 5)
    sizzle = (*_quiet(course), (course.drop_s + 0.7, start_db), (warm_s, course.loud_db), *_until_end(course))
    mistake = "frying_oil_too_cool" if dish == "karaage" else "cold_pan_start"
    planted = Planted(Sign.WEAK_SIZZLE, course.drop_s, warm_s)
    return _story(course, "cold_pan", dish, (mistake,), planted, sizzle=sizzle, browning=_browning(course, 0.3))


def crowded_pan(course: Course) -> Story:
    """A second batch goes in and the sizzle dies."""
    dish = course.of("fried-rice", "vegetable-stir-fry", "karaage", "fried-rice")
    added_s = course.within(0.25, 0.6)
    low_db = course.loud_db - course.between(10, 20)
    dead_s = added_s + course.between(1.0, 3.5)
    recovered_s = min(dead_s + course.between(12, 25), course.end_s)
    after_db = course.loud_db - course.between(3, 8)
    sizzle = (
        *_hot(course),
        (added_s, course.loud_db),
        (dead_s, low_db),
        (max(dead_s + 6, recovered_s - 6), low_db + 1),
        (max(dead_s + 8, recovered_s), after_db),
        *_until_end(course, after_db),
    )
    mistakes = ("fry_batch_too_large", "overcrowded_pan") if dish == "karaage" else ("overcrowded_pan",)
    planted = Planted(Sign.SIZZLE_COLLAPSE, added_s, recovered_s)
    story = _story(course, "crowded_pan", dish, mistakes, planted, sizzle=sizzle, browning=_browning(course, 0.3))
    steams = course.random.random() < 0.5
    haze: Curve = ((added_s + 1, 0.0), (added_s + 5, 0.3), (recovered_s, 0.25), (recovered_s + 5, 0.0))
    return story.told(
        drops_s=(course.drop_s, added_s),
        haze=haze if steams else ((0.0, 0.0),),
        also=(Sign.STEAM, Sign.SIZZLE_FADING, Sign.LONG_SILENCE),
    )


def fierce_heat(course: Course) -> Story:
    """The heat is turned up: the pan roars and the surface browns in no time."""
    dish = course.of("beef-steak", "hamburg-steak", "ginger-pork", "salmon-meuniere")
    up_s = course.within(0.3, 0.55)
    fierce_db = course.loud_db + course.between(6, 9)
    brown_s = up_s + course.between(0.0, 1.5)
    browned_s = brown_s + course.between(6, 11)
    sizzle = (*_hot(course), (up_s, course.loud_db), (up_s + 1.0, fierce_db), *_until_end(course, fierce_db))
    browning = (
        (course.drop_s, 0.0),
        (brown_s, 0.15),
        (browned_s, course.between(0.62, 0.8)),
        (course.end_s, course.between(0.7, 0.85)),
    )
    planted = Planted(Sign.RAPID_BROWNING, brown_s, browned_s)
    fierce = Planted(Sign.FIERCE_SIZZLE, up_s, course.end_s)
    story = _story(course, "fierce_heat", dish, ("heat_too_high",), planted, sizzle=sizzle, browning=browning)
    return story.told(planted=(planted, fierce), also=(Sign.DARK_FINISH, Sign.LATE_BURST))


def burnt(course: Course) -> Story:
    """The end goes dark, and smokes."""
    dish = course.of("fried-rice", "beef-steak", "pomodoro", "vegetable-stir-fry", "free-dish")
    dark_s = course.within(0.62, 0.75)
    charred_s = min(dark_s + course.between(6, 12), course.end_s)
    smoke_s = dark_s + course.between(0.0, 1.5)
    browning = ((course.drop_s, 0.0), (dark_s, course.between(0.15, 0.3)), (charred_s, 0.9), (course.end_s, 1.0))
    haze = ((smoke_s, 0.0), (smoke_s + 6, course.between(0.25, 0.4)), (course.end_s, course.between(0.4, 0.6)))
    planted = Planted(Sign.DARK_FINISH, dark_s, course.end_s)
    smoke = Planted(Sign.SMOKE, smoke_s, course.end_s)
    story = _story(course, "burnt", dish, ("burnt_surface",), planted, browning=browning)
    return story.told(planted=(planted, smoke), haze=haze, haze_kind="smoke", also=(Sign.RAPID_BROWNING,))


def stewing(course: Course) -> Story:
    """The heat is low: the sizzle sinks, water leaves as steam, nothing browns."""
    dish = course.of("vegetable-stir-fry", "ginger-pork")
    knee_s = course.within(0.15, 0.35)
    low_s = min(knee_s + course.between(15, 28), course.end_s - 2)
    low_db = course.loud_db - course.between(11, 18)
    sizzle = (*_hot(course), (knee_s, course.loud_db), (low_s, low_db), *_until_end(course, low_db))
    haze = ((knee_s + 4, 0.0), (low_s, course.between(0.2, 0.4)), (course.end_s, 0.3))
    planted = Planted(Sign.SIZZLE_FADING, knee_s, low_s)
    steam = Planted(Sign.STEAM, knee_s + 4, course.end_s)
    mistakes = ("heat_too_low_stewing", "salted_vegetables_early")
    story = _story(course, "stewing", dish, mistakes, planted, sizzle=sizzle, browning=_browning(course, 0.04))
    moments = (knee_s, (knee_s + low_s) / 2)
    return story.told(
        planted=(planted, steam), haze=haze, also=(Sign.NO_BROWNING, Sign.LONG_SILENCE), moments_s=moments
    )


def smoking_oil(course: Course) -> Story:
    """Oil alone is heated until it smokes, then food goes in with a roar."""
    dish = course.of("karaage", "beef-steak", "mapo-tofu", "fried-rice")
    smoke_s = course.between(5, 8)
    drop_s = smoke_s + course.between(10, 16)
    course = Course(course.random, course.seed, course.duration_s + 10, drop_s, course.end_s + 10, course.loud_db)
    haze = (
        (smoke_s, 0.0),
        (smoke_s + 5, course.between(0.2, 0.35)),
        (drop_s + 4, course.between(0.35, 0.55)),
        (drop_s + 14, 0.1),
    )
    planted = Planted(Sign.SMOKE, smoke_s, drop_s + 10)
    story = _story(course, "smoking_oil", dish, ("oil_overheated",), planted)
    return story.told(haze=haze, haze_kind="smoke")


def fidgeting(course: Course) -> Story:
    """The meat is pushed about without a pause and takes no colour."""
    dish = course.of("beef-steak", "hamburg-steak", "salmon-meuniere")
    start_s = course.drop_s + course.between(1, 3)
    stirring = (Stirring(start_s, course.end_s, course.between(0.5, 1.0)),)
    planted = Planted(Sign.CONSTANT_STIRRING, start_s, course.end_s)
    mistakes = ("moved_too_much", "meat_flipped_too_often")
    story = _story(course, "fidgeting", dish, mistakes, planted, browning=_browning(course, 0.04))
    return story.told(stirring=stirring, also=(Sign.NO_BROWNING,))


def unattended(course: Course) -> Story:
    """Nobody touches the pan for long; it catches at the bottom."""
    dish = course.of("fried-rice", "omurice", "mapo-tofu", "pomodoro")
    still_s = course.within(0.25, 0.4)
    resumed_s = still_s + course.between(16, 26)
    end_s = max(course.end_s, resumed_s + 8)
    course = Course(course.random, course.seed, end_s + 5, course.drop_s, end_s, course.loud_db)
    stirring = (
        *_rhythm(course, course.drop_s + 1, still_s),
        *_rhythm(course, resumed_s, course.end_s),
    )
    still_s = max(stroke.end_s for stroke in stirring if stroke.end_s <= still_s + 0.01)
    planted = Planted(Sign.LONG_STILLNESS, still_s, resumed_s)
    story = _story(course, "unattended", dish, ("left_unattended",), planted, browning=_browning(course, 0.4))
    return story.told(stirring=stirring, also=(Sign.RAPID_BROWNING, Sign.DARK_FINISH, Sign.UNEVEN_RHYTHM))


def wet_food(course: Course) -> Story:
    """Wet food in hot fat: it spits."""
    dish = course.of("karaage", "salmon-meuniere", "beef-steak")
    stop_s = course.drop_s + course.between(7, 15)
    pops = (
        (course.drop_s, 0.0),
        (course.drop_s + 0.3, course.between(14, 30)),
        (stop_s, course.between(8, 14)),
        (stop_s + 2, 0.0),
    )
    planted = Planted(Sign.SPLATTER, course.drop_s, stop_s)
    mistakes = ("wet_ingredients", "meat_surface_wet")
    return _story(course, "wet_food", dish, mistakes, planted).told(pops=pops)


def poured_at_once(course: Course) -> Story:
    """All the sauce at once into the hot pan: a burst, then the pan falls quiet."""
    dish = course.of("ginger-pork", "mapo-tofu", "fried-rice")
    poured_s = course.within(0.68, 0.8)
    course = Course(course.random, course.seed, course.duration_s + 8, course.drop_s, course.end_s + 8, course.loud_db)
    burst_db = min(course.loud_db + course.between(7, 11), -6.0)
    calm_s = poured_s + course.between(2, 4.5)
    after_db = course.loud_db - course.between(6, 12)
    sizzle = (
        *_hot(course),
        (poured_s, course.loud_db),
        (poured_s + 0.4, burst_db),
        (calm_s, after_db),
        *_until_end(course, after_db),
    )
    planted = Planted(Sign.LATE_BURST, poured_s, calm_s)
    story = _story(course, "poured_at_once", dish, ("liquid_poured_at_once",), planted, sizzle=sizzle)
    return story.told(
        drops_s=(course.drop_s, poured_s),
        haze=((poured_s, 0.0), (poured_s + 1.5, 0.25), (poured_s + 8, 0.05)),
        also=(Sign.SIZZLE_COLLAPSE, Sign.STEAM, Sign.FIERCE_SIZZLE),
    )


def heat_lost(course: Course) -> Story:
    """In the middle the pan falls silent for long, then is heated again."""
    dish = course.of("fried-rice", "vegetable-stir-fry", "mapo-tofu")
    off_s = course.within(0.3, 0.5)
    back_s = off_s + course.between(11, 20)
    end_s = max(course.end_s, back_s + 10)
    course = Course(course.random, course.seed, end_s + 5, course.drop_s, end_s, course.loud_db)
    sizzle = (
        *_hot(course),
        (off_s, course.loud_db),
        (off_s + course.between(1.0, 2.0), OFF_DB),
        (back_s, OFF_DB),
        (back_s + course.between(1, 4), course.loud_db - 2),
        *_until_end(course, course.loud_db - 2),
    )
    planted = Planted(Sign.LONG_SILENCE, off_s, back_s)
    mistakes = ("heat_lost_midway", "idle_pan_between_steps")
    story = _story(course, "heat_lost", dish, mistakes, planted, sizzle=sizzle)
    return story.told(also=(Sign.SIZZLE_COLLAPSE, Sign.LONG_STILLNESS, Sign.UNEVEN_RHYTHM))


def well_cooked(course: Course) -> Story:
    """Nothing goes wrong."""
    dish = course.of("fried-rice", "vegetable-stir-fry", "ginger-pork", "beef-steak", "omurice")
    story = _story(course, "well_cooked", dish, (), None)
    return story.told(outcome=Outcome.NO_ISSUE, mistakes=(), moments_s=())


def office(course: Course) -> Story:
    """Somebody talks at a desk."""
    story = _story(course, "office", "fried-rice", (), None)
    return story.told(
        scene="office",
        outcome=Outcome.NOT_COOKING,
        sizzle=((0.0, OFF_DB),),
        browning=((0.0, 0.0),),
        stirring=(),
        drops_s=(),
        distractors=Distractors(
            room_db=course.between(-70, -52), talk=((0.0, course.between(-28, -16)),), shake=course.between(0, 0.01)
        ),
    )


def covered_lens(course: Course) -> Story:
    """Black and silent."""
    story = _story(course, "covered_lens", "fried-rice", (), None)
    return story.told(scene="black", outcome=Outcome.UNUSABLE, sizzle=((0.0, OFF_DB),), silent=True, stirring=())


SPOILED: tuple[Scene, ...] = (
    cold_pan,
    crowded_pan,
    fierce_heat,
    burnt,
    stewing,
    smoking_oil,
    fidgeting,
    unattended,
    wet_food,
    poured_at_once,
    heat_lost,
)
SCENES: tuple[Scene, ...] = (*SPOILED, well_cooked, office, covered_lens)
SEEN_WITHOUT_SOUND = ("burnt", "smoking_oil", "fidgeting", "unattended")
SILENT_SHARE = 0.12


def story_of(seed: int) -> Story:
    """The story of a seed: its scene, its course, and what distracts from it."""
    random = np.random.default_rng(seed)
    duration_s = float(random.uniform(48, 95))
    course = Course(
        random=random,
        seed=seed,
        duration_s=duration_s,
        drop_s=float(random.uniform(6, 16)),
        end_s=duration_s - float(random.uniform(3, 9)),
        loud_db=float(random.uniform(-32, -17)),
    )
    story = SCENES[seed % len(SCENES)](course)
    if story.scene != "kitchen":
        return story
    silent = story.name in SEEN_WITHOUT_SOUND and random.random() < SILENT_SHARE
    return story.told(distractors=_distractors(course, story), silent=silent)


def _story(
    course: Course,
    name: str,
    dish: str,
    mistakes: tuple[str, ...],
    planted: Planted | None,
    *,
    sizzle: Curve | None = None,
    browning: Curve | None = None,
) -> Story:
    still = dish in ("beef-steak", "hamburg-steak", "salmon-meuniere")
    return Story(
        name=name,
        seed=course.seed,
        dish=dish,
        duration_s=course.duration_s,
        outcome=Outcome.COACHABLE,
        mistakes=mistakes,
        moments_s=() if planted is None else (planted.time_s,),
        planted=() if planted is None else (planted,),
        sizzle=sizzle or (*_hot(course), *_until_end(course)),
        browning=browning or _browning(course, course.between(0.3, 0.5)),
        stirring=_turns(course) if still else _rhythm(course, course.drop_s + 1.5, course.end_s),
        drops_s=(course.drop_s,),
    )


def _quiet(course: Course) -> Curve:
    """Before the food: oil and pan make next to no sound."""
    return ((0.0, OFF_DB), (course.drop_s, OFF_DB))


def _hot(course: Course) -> Curve:
    """Food goes into a hot pan, which answers at once."""
    return (*_quiet(course), (course.drop_s + course.between(0.2, 1.0), course.loud_db))


def _until_end(course: Course, level_db: float | None = None) -> Curve:
    """The pan stays as it is, then leaves the heat."""
    level = course.loud_db if level_db is None else level_db
    return ((course.end_s, level), (course.end_s + course.between(0.8, 2.5), OFF_DB))


def _browning(course: Course, final: float) -> Curve:
    return ((course.drop_s, 0.0), (course.end_s, final))


def _rhythm(course: Course, start_s: float, end_s: float) -> tuple[Stirring, ...]:
    """Stirring as it should be: again and again, with short looks in between."""
    vigour = course.between(0.45, 0.9)
    strokes = []
    time_s = start_s
    while time_s < end_s - 1.5:
        until_s = min(time_s + course.between(3, 7), end_s)
        strokes.append(Stirring(time_s, until_s, vigour * course.between(0.85, 1.15)))
        time_s = until_s + course.between(1.5, 4.0)
    return tuple(strokes)


def _turns(course: Course) -> tuple[Stirring, ...]:
    """Meat is turned now and then and else left alone, never for very long."""
    turns = []
    time_s = course.drop_s + course.between(6, 9)
    while time_s < course.end_s - 3:
        turns.append(Stirring(time_s, time_s + course.between(2.0, 3.5), course.between(0.4, 0.7)))
        time_s += course.between(8, 12)
    return tuple(turns)


def _distractors(course: Course, story: Story) -> Distractors:
    """Every kitchen has some of these, none has all."""
    chance, between = course.random.random, course.between
    talk: Curve = ((0.0, OFF_DB),)
    if chance() < 0.35:
        start_s = between(0, story.duration_s - 15)
        loud = course.loud_db + between(-6, 6)
        talk = ((start_s, OFF_DB), (start_s + 0.3, loud), (start_s + between(5, 14), loud), (start_s + 15, OFF_DB))
    gain = between(0.82, 1.18) if chance() < 0.4 else 1.0
    return Distractors(
        room_db=course.loud_db - between(22, 40),
        fan_db=course.loud_db + between(-14, 3) if chance() < 0.5 else OFF_DB,
        talk=talk,
        music_db=course.loud_db + between(-16, -4) if chance() < 0.2 else OFF_DB,
        clatter_s=tuple(between(0, story.duration_s) for _ in range(int(between(0, 7)))),
        shake=between(0.004, 0.02) if chance() < 0.4 else 0.0,
        exposure=((0.0, 1.0), (story.duration_s * between(0.3, 0.9), gain)),
        reaching_s=tuple(between(1, story.duration_s - 2) for _ in range(int(between(0, 4)))),
    )
