"""What a loaded file cannot say of itself: that the knowledge base's files agree, and that its texts keep the rules.

Every rule gives its complaints as lines, `file: entry: what was found`, so that one run shows them all.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import combinations

from knowledge_base.catalogue import FREE_DISH, Catalogue
from knowledge_base.files import CatalogueError
from knowledge_base.models import Principle, Slug
from shared.gates.measurement import measurements

FEWEST_PRINCIPLES = 120
FEWEST_CATEGORIES = 12
FEWEST_MISTAKES = 60
FEWEST_DISHES = 12
FEWEST_PRINCIPLES_OF_A_DISH = 6
FEWEST_READINGS = 150
QUESTIONS = 40
MONTHS = {1, 2, 3, 4}
BODY_LENGTHS = range(250, 501)
"""Characters of a principle's body, white space not counted: what can be read while a pan heats."""
MOST_IN_COMMON = 0.25
"""Share of five-character pieces two bodies may have in common before they count as the same text (Jaccard)."""

Rule = Callable[[Catalogue], Iterator[str]]


def problems_of(catalogue: Catalogue) -> list[str]:
    """Everything that is wrong, one line each; empty when nothing is. Never raises for a wrong file: it says so."""
    problems: list[str] = []
    for rule in RULES:
        try:
            problems.extend(rule(catalogue))
        except CatalogueError as error:
            if str(error) not in problems:
                problems.append(str(error))
    return problems


def _references_resolve(catalogue: Catalogue) -> Iterator[str]:
    principles, mistakes, dishes = catalogue.principles, catalogue.mistakes, catalogue.dishes
    for principle in principles.values():
        where = f"principles/{principle.slug}.md"
        yield from _unknown(where, "related", principle.related, principles)
        yield from _unknown(where, "dishes", principle.dishes, dishes)
        yield from _unknown(where, "mistake_codes", principle.mistake_codes, mistakes)
        if principle.slug in principle.related:
            yield f"{where}: related: found itself"
    for mistake in mistakes.values():
        yield from _unknown(f"mistakes.yaml: {mistake.code}", "principle", [mistake.principle], principles)
        yield from _unknown(f"mistakes.yaml: {mistake.code}", "dishes", mistake.dishes, dishes)
    for dish in dishes.values():
        yield from _unknown(f"dishes.yaml: {dish.slug}", "principles", dish.principles, principles)
        yield from _unknown(f"dishes.yaml: {dish.slug}", "transferable_to", dish.transferable_to, dishes)
        if dish.slug in dish.transferable_to:
            yield f"dishes.yaml: {dish.slug}: transferable_to: found itself"


def _every_mistake_is_answered(catalogue: Catalogue) -> Iterator[str]:
    """The principle behind a mistake names that mistake: the two ways to ask give one answer."""
    for mistake in catalogue.mistakes.values():
        principle = catalogue.principles.get(mistake.principle)
        if principle is not None and mistake.code not in principle.mistake_codes:
            yield f"principles/{principle.slug}.md: mistake_codes: expected {mistake.code}, which it stands behind"


def _every_dish_is_covered(catalogue: Catalogue) -> Iterator[str]:
    for dish in catalogue.dishes.values():
        found = len(dish.principles)
        if found < FEWEST_PRINCIPLES_OF_A_DISH:
            yield f"dishes.yaml: {dish.slug}: expected {FEWEST_PRINCIPLES_OF_A_DISH} principles. Found: {found}"
        for repeated in _repeated(dish.principles):
            yield f"dishes.yaml: {dish.slug}: principles: found {repeated} more than once"
        if not any(dish.slug in mistake.dishes for mistake in catalogue.mistakes.values()):
            yield f"dishes.yaml: {dish.slug}: expected at least one mistake that names it. Found none"
    months = {dish.month_unlocked for dish in catalogue.dishes.values()}
    if months != MONTHS:
        yield f"dishes.yaml: expected dishes in every month of {sorted(MONTHS)}. Found: {sorted(months)}"
    for position in _repeated([str(dish.position) for dish in catalogue.dishes.values()]):
        yield f"dishes.yaml: position {position}: found more than once"


def _there_is_enough(catalogue: Catalogue) -> Iterator[str]:
    taught = [dish for dish in catalogue.dishes if dish != FREE_DISH]
    counts = (
        ("principles", FEWEST_PRINCIPLES, len(catalogue.principles)),
        ("categories", FEWEST_CATEGORIES, len({principle.category for principle in catalogue.principles.values()})),
        ("mistakes.yaml", FEWEST_MISTAKES, len(catalogue.mistakes)),
        ("dishes.yaml", FEWEST_DISHES, len(taught)),
        ("lexicon.yaml", FEWEST_READINGS, len(catalogue.lexicon)),
        ("onboarding.yaml", QUESTIONS, len(catalogue.questions)),
    )
    for where, expected, found in counts:
        if found < expected:
            yield f"{where}: expected at least {expected}. Found: {found}"


def _no_category_is_a_slip(catalogue: Catalogue) -> Iterator[str]:
    """A category of one principle is a category misspelt."""
    slugs: dict[str, list[Slug]] = {}
    for principle in catalogue.principles.values():
        slugs.setdefault(principle.category, []).append(principle.slug)
    for category, of_it in slugs.items():
        if len(of_it) == 1:
            yield f"principles/{of_it[0]}.md: category {category}: expected one that other principles have too"


def _questions_feed_the_profile(catalogue: Catalogue) -> Iterator[str]:
    for field in _repeated([question.profile_field for question in catalogue.questions.values()]):
        yield f"onboarding.yaml: profile_field {field}: found in more than one question"
    for question in catalogue.questions.values():
        for option in _repeated(question.options):
            yield f"onboarding.yaml: {question.id}: option {option}: found more than once"


def _nothing_is_measured(catalogue: Catalogue) -> Iterator[str]:
    """No amounts, times or temperatures in anything a cook reads or hears: lessons name states."""
    names = tuple(dish.name_ja for dish in catalogue.dishes.values())
    for where, text in _texts(catalogue):
        for found in measurements(text, names=names):
            yield f"{where}: expected a state, not a measurement. Found: {found}"


def _bodies_are_lessons(catalogue: Catalogue) -> Iterator[str]:
    for principle in catalogue.principles.values():
        length = len("".join(principle.principle_text.split()))
        if length not in BODY_LENGTHS:
            yield (
                f"principles/{principle.slug}.md: expected a body of {BODY_LENGTHS.start} to {BODY_LENGTHS.stop - 1} "
                f"characters. Found: {length}"
            )
        if not any(principle.cues.model_dump().values()):
            yield f"principles/{principle.slug}.md: expected a cue of at least one sense. Found none"


def _no_two_alike(catalogue: Catalogue) -> Iterator[str]:
    pieces = {slug: _pieces(principle) for slug, principle in catalogue.principles.items()}
    for (one, other), shared in sorted(_shared(pieces).items()):
        common = shared / len(pieces[one] | pieces[other])
        if common > MOST_IN_COMMON:
            yield f"principles/{one}.md: {common:.0%} of it is in {other}.md too"
    for title in _repeated([principle.title for principle in catalogue.principles.values()]):
        yield f"principles: title {title}: found more than once"


RULES: tuple[Rule, ...] = (
    _references_resolve,
    _every_mistake_is_answered,
    _every_dish_is_covered,
    _there_is_enough,
    _no_category_is_a_slip,
    _questions_feed_the_profile,
    _nothing_is_measured,
    _bodies_are_lessons,
    _no_two_alike,
)


def _texts(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Every text a cook may meet, with where it stands."""
    for principle in catalogue.principles.values():
        cues = [cue for sense in principle.cues.model_dump().values() for cue in sense]
        for text in (principle.title, principle.principle_text, *cues):
            yield f"principles/{principle.slug}.md", text
    for dish in catalogue.dishes.values():
        for text in (dish.description_ja, *dish.praise_ja.values()):
            yield f"dishes.yaml: {dish.slug}", text
    for mistake in catalogue.mistakes.values():
        for field, value in mistake.model_dump().items():
            if field.endswith("_ja"):
                for text in [value] if isinstance(value, str) else value:
                    yield f"mistakes.yaml: {mistake.code}: {field}", text


def _pieces(principle: Principle, length: int = 5) -> set[str]:
    text = "".join(principle.principle_text.split())
    return {text[start : start + length] for start in range(len(text) - length + 1)}


def _shared(pieces: Mapping[Slug, set[str]]) -> Counter[tuple[Slug, Slug]]:
    """How many pieces two texts share, for the pairs that share any."""
    holders: dict[str, list[Slug]] = {}
    for slug in sorted(pieces):
        for piece in pieces[slug]:
            holders.setdefault(piece, []).append(slug)
    return Counter(pair for slugs in holders.values() for pair in combinations(slugs, 2))


def _unknown(where: str, field: str, named: Sequence[str], known: Container[str]) -> Iterator[str]:
    for name in named:
        if name not in known:
            yield f"{where}: {field}: {name} does not exist"


def _repeated(values: Sequence[Slug]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
