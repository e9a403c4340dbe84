"""How well the rules see what was planted: precision and recall of signs and mistakes, and where they point.

    python -m tests.clips.evaluate --seeds 10000:10200

Seeds below 1000 were used for tuning and are refused unless asked for.
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from functions.analyze.analysis import analyze_film
from functions.analyze.rules import Case
from functions.analyze.signs.curves import Film
from functions.analyze.signs.find import find_signs
from functions.prepare import probe, signals
from knowledge_base.catalogue import load_catalogue
from shared.models.analysis import Outcome, VideoAnalysis
from shared.models.media import Signals
from tests.clips.film import film
from tests.clips.stories import story_of
from tests.clips.story import Story

TOLERANCE_S = 2.0
CLEAR = 0.4
"""A sign is claimed from this strength on."""
FIRST_UNSEEN_SEED = 10_000
LIMITS = signals.Limits(minimum_s=5.0, maximum_s=3600.0)


@dataclass(frozen=True)
class Watched:
    """One clip, filmed and analysed."""

    story: Story
    signals: Signals
    analysis: VideoAnalysis


@dataclass
class Tally:
    """Counts of one kind of thing."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    """Claimed and not there."""
    missed: Counter[str] = field(default_factory=Counter)
    """There and not claimed."""

    def precision(self, name: str | None = None) -> float:
        """Share of claims that are true."""
        right, wrong = self._sums(name, self.right, self.wrong)
        return right / max(1, right + wrong)

    def recall(self, name: str | None = None) -> float:
        """Share of what is there that is claimed."""
        right, missed = self._sums(name, self.right, self.missed)
        return right / max(1, right + missed)

    def names(self) -> list[str]:
        """Everything counted, in order."""
        return sorted({*self.right, *self.wrong, *self.missed})

    @staticmethod
    def _sums(name: str | None, first: Counter[str], second: Counter[str]) -> tuple[int, int]:
        return (first.total(), second.total()) if name is None else (first[name], second[name])


@dataclass
class Report:
    """What an evaluation found."""

    signs: Tally = field(default_factory=Tally)
    mistakes: Tally = field(default_factory=Tally)
    outcomes: Tally = field(default_factory=Tally)
    first_choice: int = 0
    """Clips whose mistake is the very one that was planted, not only one that fits what was planted."""
    coachable: int = 0
    pointed: int = 0
    """Clips with a planted moment that were coached, …"""
    pointed_well: int = 0
    """… and of these, how often the key moment lies within the tolerance."""
    notes: list[str] = field(default_factory=list)

    @property
    def share_within_tolerance(self) -> float:
        """Share of key moments within ± 2 s of a planted one."""
        return self.pointed_well / max(1, self.pointed)

    def table(self) -> str:
        """Everything, to be read by people."""
        lines = [f"{'':<24}{'precision':>10}{'recall':>8}{'right':>7}{'wrong':>7}{'missed':>7}"]
        for title, tally in (("SIGNS", self.signs), ("MISTAKES", self.mistakes), ("OUTCOMES", self.outcomes)):
            lines.append(_row(title, tally, None))
            lines += [_row(f"  {name}", tally, name) for name in tally.names()]
        lines.append(f"mistake is the planted one: {self.first_choice} of {self.coachable}")
        share = f"{100 * self.share_within_tolerance:.1f} %"
        lines.append(f"key moment within {TOLERANCE_S:g} s: {self.pointed_well} of {self.pointed} ({share})")
        return "\n".join([*lines, *self.notes])


def watch_all(seeds: Iterable[int], directory: Path) -> list[Watched]:
    """Film and watch the stories of these seeds, as many at a time as there are processors."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as workers:
        return list(workers.map(partial(_watch_seed, directory=directory), seeds))


def _watch_seed(seed: int, directory: Path) -> Watched:
    return watch(story_of(seed), directory)


def watch(story: Story, directory: Path) -> Watched:
    """Film a story, measure the file as `prepare` does, analyse it as `analyze` does."""
    path = film(story, directory)
    with probe.opened(path) as container:
        header = probe.read_header(container, path.stat().st_size)
    with probe.opened(path) as container:
        measured = signals.measure(container, header, LIMITS, stills=1)
    path.unlink()
    return Watched(story, measured.signals, analysed(story, measured.signals))


def analysed(story: Story, measured: Signals) -> VideoAnalysis:
    """The analysis of a clip, without ratings, memo or history: the film speaks alone."""
    catalogue = load_catalogue()
    curves = Film(measured)
    return analyze_film(
        curves,
        Case(dish=catalogue.dishes[story.dish], evidence=find_signs(curves)),
        catalogue.mistakes_for(story.dish),
        duration_s=story.duration_s,
        dish_name=story.dish,
        hedge_below=0.35,
        variety=str(story.seed),
    )


def judge(watched: Iterable[Watched]) -> Report:
    """Compare what was found with what was planted."""
    report = Report()
    for clip in watched:
        _judge_signs(report, clip)
        _judge_choice(report, clip)
    return report


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate a range of seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", default=f"{FIRST_UNSEEN_SEED}:{FIRST_UNSEEN_SEED + 56}", help="FROM:TO")
    parser.add_argument("--tuning", action="store_true", help="allow seeds that were tuned on")
    parser.add_argument("--notes", action="store_true", help="one line for each clip that went wrong")
    chosen = parser.parse_args(arguments)
    first, last = (int(part) for part in chosen.seeds.split(":"))
    if first < FIRST_UNSEEN_SEED and not chosen.tuning:
        parser.error(f"expected unseen seeds, from {FIRST_UNSEEN_SEED} up. Found: {first}; say --tuning to use it")
    with tempfile.TemporaryDirectory() as directory:
        report = judge(watch_all(range(first, last), Path(directory)))
    if not chosen.notes:
        report.notes.clear()
    print(report.table())


def _judge_signs(report: Report, clip: Watched) -> None:
    claimed = [evidence for evidence in clip.analysis.evidence if evidence.strength >= CLEAR]
    for planted in clip.story.planted:
        near = [
            evidence
            for evidence in claimed
            if evidence.sign is planted.sign and abs(evidence.time_s - planted.time_s) <= TOLERANCE_S + 0.5
        ]
        (report.signs.right if near else report.signs.missed)[planted.sign.value] += 1
    allowed = {planted.sign for planted in clip.story.planted} | set(clip.story.also)
    for evidence in claimed:
        if evidence.sign not in allowed:
            report.signs.wrong[evidence.sign.value] += 1


def _judge_choice(report: Report, clip: Watched) -> None:
    story, analysis = clip.story, clip.analysis
    name = f"{story.name} {story.seed} {story.dish}"
    if analysis.outcome is story.outcome:
        report.outcomes.right[story.outcome.value] += 1
    else:
        report.outcomes.missed[story.outcome.value] += 1
        report.outcomes.wrong[analysis.outcome.value] += 1
        report.notes.append(f"{name}: {analysis.outcome.value} {analysis.mistake_code} {analysis.confidence}")
    if story.outcome is not Outcome.COACHABLE:
        return
    report.coachable += 1
    if analysis.mistake_code in story.mistakes:
        report.mistakes.right[story.mistakes[0]] += 1
        report.first_choice += analysis.mistake_code == story.mistakes[0]
    else:
        report.mistakes.missed[story.mistakes[0]] += 1
        if analysis.mistake_code is not None:
            report.mistakes.wrong[analysis.mistake_code] += 1
        scores = ", ".join(f"{item.mistake_code} {item.score}" for item in analysis.candidates[:3])
        report.notes.append(f"{name}: expected {story.mistakes[0]}. Found: {scores}")
    report.pointed += 1
    distance_s = min(abs(analysis.key_moment_s - moment) for moment in story.moments_s)
    report.pointed_well += distance_s <= TOLERANCE_S
    if distance_s > TOLERANCE_S:
        moments = ", ".join(f"{moment:.1f}" for moment in story.moments_s)
        report.notes.append(f"{name}: expected the moment at {moments} s. Found: {analysis.key_moment_s:.1f} s")


def _row(title: str, tally: Tally, name: str | None) -> str:
    right, wrong, missed = (
        counter.total() if name is None else counter[name] for counter in (tally.right, tally.wrong, tally.missed)
    )
    return f"{title:<24}{tally.precision(name):>10.2f}{tally.recall(name):>8.2f}{right:>7}{wrong:>7}{missed:>7}"


if __name__ == "__main__":
    main()
