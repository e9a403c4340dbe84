import shutil
from pathlib import Path

import pytest

from knowledge_base.catalogue import DIRECTORY, Catalogue, check_catalogue
from knowledge_base.check import problems_of


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the knowledge base's data."""
    copied = tmp_path_factory.mktemp("knowledge") / "base"
    shutil.copytree(DIRECTORY, copied, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copied


@pytest.fixture
def files(untouched: Path, tmp_path: Path) -> Path:
    """A copy to break, one per test."""
    return shutil.copytree(untouched, tmp_path / "base")


def edit(path: Path, old: str, new: str) -> None:
    """Replace what must be there exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_is_wrong_with_the_knowledge_base() -> None:
    assert check_catalogue() == []


def test_a_principle_that_does_not_exist_is_found(files: Path) -> None:
    edit(files / "dishes.yaml", "    - press-to-read-doneness\n", "    - press-to-read-donness\n")
    assert "dishes.yaml: beef-steak: principles: press-to-read-donness does not exist" in problems_of(Catalogue(files))


def test_a_deleted_principle_is_missed_wherever_it_is_named(files: Path) -> None:
    (files / "principles" / "rest-the-meat.md").unlink()
    problems = problems_of(Catalogue(files))
    assert "mistakes.yaml: meat_not_rested: principle: rest-the-meat does not exist" in problems
    assert "dishes.yaml: beef-steak: principles: rest-the-meat does not exist" in problems
    assert "principles/residual-heat-counts.md: related: rest-the-meat does not exist" not in problems
    assert "principles/cut-across-the-grain.md: related: rest-the-meat does not exist" in problems


def test_a_principle_must_name_the_mistake_it_stands_behind(files: Path) -> None:
    edit(files / "principles" / "rest-the-meat.md", "mistake_codes: [meat_not_rested]", "mistake_codes: []")
    assert problems_of(Catalogue(files)) == [
        "principles/rest-the-meat.md: mistake_codes: expected meat_not_rested, which it stands behind"
    ]


def test_a_measurement_is_found_wherever_a_cook_would_read_it(files: Path) -> None:
    edit(files / "principles" / "rest-the-meat.md", "そっと待ちましょう。", "三分ほど待ちましょう。")
    edit(files / "dishes.yaml", "待つ勇気と休ませる余裕を覚えます。", "油を2倍に増やします。")
    found = {problem.split(": expected")[0] for problem in problems_of(Catalogue(files)) if "measurement" in problem}
    assert found == {"principles/rest-the-meat.md", "dishes.yaml: beef-steak"}


def test_two_bodies_alike_are_found(files: Path) -> None:
    body = (files / "principles" / "rest-the-meat.md").read_text(encoding="utf-8").split("\n---\n")[1]
    other = files / "principles" / "warm-the-plate.md"
    front = other.read_text(encoding="utf-8").split("\n---\n")[0]
    other.write_text(f"{front}\n---\n{body}", encoding="utf-8")
    assert problems_of(Catalogue(files)) == ["principles/rest-the-meat.md: 100% of it is in warm-the-plate.md too"]


def test_a_body_too_short_to_be_a_lesson_is_found(files: Path) -> None:
    path = files / "principles" / "warm-the-plate.md"
    front = path.read_text(encoding="utf-8").split("\n---\n")[0]
    path.write_text(f"{front}\n---\n\n皿を温めましょう。\n", encoding="utf-8")
    assert "expected a body of 250 to 500 characters. Found: 9" in problems_of(Catalogue(files))[0]


def test_too_few_entries_are_found(files: Path) -> None:
    (files / "lexicon.yaml").write_text("- {written: 縁, reading: フチ}\n", encoding="utf-8")
    assert problems_of(Catalogue(files)) == ["lexicon.yaml: expected at least 150. Found: 1"]


def test_a_misspelt_category_is_found(files: Path) -> None:
    edit(files / "principles" / "rest-the-meat.md", "category: resting", "category: restng")
    assert problems_of(Catalogue(files)) == [
        "principles/rest-the-meat.md: category restng: expected one that other principles have too"
    ]


def test_two_questions_for_one_field_are_found(files: Path) -> None:
    edit(files / "onboarding.yaml", "profile_field: dream_dish}", "profile_field: favourite_dish}")
    assert problems_of(Catalogue(files)) == [
        "onboarding.yaml: profile_field favourite_dish: found in more than one question"
    ]


def test_a_file_that_cannot_be_read_is_said_once_and_hides_no_other_problem(files: Path) -> None:
    (files / "onboarding.yaml").write_text("- {id: q}\n")
    edit(files / "principles" / "rest-the-meat.md", "mistake_codes: [meat_not_rested]", "mistake_codes: []")
    problems = problems_of(Catalogue(files))
    assert sum("onboarding.yaml" in problem for problem in problems) == 1
    assert any("rest-the-meat" in problem for problem in problems)
