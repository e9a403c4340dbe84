from pathlib import Path

import pytest
from pydantic import ValidationError

from knowledge_base.catalogue import DIRECTORY, Catalogue, CatalogueError, load_catalogue, read_principle
from knowledge_base.models import Mistake

PRINCIPLE = """---
slug: wait-for-it
title: 待つことも料理のうち
category: timing
dishes: []
mistake_codes: []
cues: {sight: [湯気が細くなる]}
---

待ちましょう。
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """An empty knowledge base to put wrong files into."""
    (tmp_path / "principles").mkdir()
    return tmp_path


def test_a_dish_has_its_own_mistakes_and_those_of_any_dish() -> None:
    catalogue = load_catalogue()
    codes = {mistake.code for mistake in catalogue.mistakes_for("nikujaga")}
    assert {"potato_broken", "not_tasted"} <= codes
    assert "coating_fell_off" not in codes


def test_a_dish_the_cook_names_has_no_mistake_of_a_particular_dish() -> None:
    for mistake in load_catalogue().mistakes_for("free-dish"):
        assert not mistake.dishes or "free-dish" in mistake.dishes


def test_an_unknown_dish_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="ramen"):
        load_catalogue().mistakes_for("ramen")


def test_the_principle_behind_a_mistake_is_found_by_its_code() -> None:
    assert load_catalogue().principle_behind("cold_pan_start").slug == "preheat-the-pan"


def test_principles_of_a_dish_come_in_the_dish_s_own_order() -> None:
    catalogue = load_catalogue()
    slugs = [principle.slug for principle in catalogue.principles_of("karaage")]
    assert slugs == catalogue.dishes["karaage"].principles


def test_the_catalogue_cannot_be_changed() -> None:
    catalogue = load_catalogue()
    with pytest.raises(TypeError):
        catalogue.mistakes["new"] = catalogue.mistakes["not_tasted"]  # type: ignore[index]  # what must not work
    with pytest.raises(ValidationError):
        catalogue.mistakes["not_tasted"].severity = 5  # type: ignore[misc]  # as above


def test_one_principle_costs_the_parse_of_one_file(files: Path) -> None:
    (files / "principles" / "wait-for-it.md").write_text(PRINCIPLE, encoding="utf-8")
    (files / "principles" / "broken.md").write_text("no front matter", encoding="utf-8")
    assert Catalogue(files).principles["wait-for-it"].principle_text == "待ちましょう。"


def test_readings_come_longest_first_so_that_no_word_is_split() -> None:
    lengths = [len(reading.written) for reading in load_catalogue().lexicon]
    assert lengths == sorted(lengths, reverse=True)


def test_a_wrong_field_is_named_with_its_file_and_entry(files: Path) -> None:
    (files / "mistakes.yaml").write_text("- {code: too_hot, name_ja: 熱い, severity: 9, principle: x, signs: []}")
    with pytest.raises(
        CatalogueError, match=r"mistakes\.yaml: entry 1 \(too_hot\): field severity: .* Found: 9 \(and 1 more\)"
    ):
        Catalogue(files).mistakes  # noqa: B018  # reading it is what is tested


def test_a_name_used_twice_is_refused(files: Path) -> None:
    entry = "- {written: 縁, reading: フチ}\n"
    (files / "lexicon.yaml").write_text(entry * 2, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"lexicon\.yaml: entry 2: expected a new name. Found again: 縁"):
        Catalogue(files).lexicon  # noqa: B018  # as above


@pytest.mark.parametrize("text", ["- {a: 1", "a: 1\na: 2\n"])
def test_what_is_no_yaml_is_refused_with_the_file_s_name(files: Path, text: str) -> None:
    (files / "dishes.yaml").write_text(text)
    with pytest.raises(CatalogueError, match=r"dishes\.yaml: expected YAML 1\.2"):
        Catalogue(files).dishes  # noqa: B018  # as above


def test_a_mapping_where_a_list_belongs_is_refused(files: Path) -> None:
    (files / "onboarding.yaml").write_text("id: q")
    with pytest.raises(CatalogueError, match=r"onboarding\.yaml: expected a list of entries. Found: dict"):
        Catalogue(files).questions  # noqa: B018  # as above


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("待ちましょう。", "expected front matter"),
        ("---\nslug: a\n", "expected front matter"),
        ("---\n- a\n---\n\n待つ", "expected a mapping as front matter. Found: list"),
        (PRINCIPLE.replace("wait-for-it", "other-name"), "field slug: expected the file's name. Found: 'other-name'"),
        (PRINCIPLE.replace("category: timing", "kategory: timing"), "front matter: field category: Field required"),
    ],
)
def test_a_principle_s_file_says_what_is_wrong_with_it(files: Path, text: str, complaint: str) -> None:
    path = files / "principles" / "wait-for-it.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=complaint):
        read_principle(path)


def test_every_mistake_names_at_least_one_sign() -> None:
    with pytest.raises(ValidationError, match="signs"):
        Mistake(code="a", name_ja="あ", severity=1, principle="a", signs=[])


def test_the_files_are_beside_the_code() -> None:
    assert (DIRECTORY / "mistakes.yaml").is_file()
