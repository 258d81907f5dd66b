"""How the package is built stays within limits, and `python -m tests.house` measures what it says it measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import House, main
from tests.pages import ROOT

MOST_ROOT_MODULES = 10
MOST_LINES = 700
MOST_METHODS = 25
MOST_FUNCTION_LINES = 87


@pytest.fixture(scope="module")
def house() -> House:
    """This checkout."""
    return House(ROOT)


def test_few_modules_stand_beside_the_folders(house: House) -> None:
    assert len(house.root_modules) <= MOST_ROOT_MODULES, house.root_modules


def test_no_imports_run_in_a_circle(house: House) -> None:
    assert house.circles == []


def test_no_module_is_too_long(house: House) -> None:
    assert [found for found in house.modules_by_lines if found.size > MOST_LINES] == []


def test_no_class_has_too_many_methods(house: House) -> None:
    """With those that it inherits from another class of the package."""
    assert [found for found in house.classes_by_methods if found.size > MOST_METHODS] == []


def test_no_function_is_too_long(house: House) -> None:
    assert [found for found in house.functions_by_lines if found.size > MOST_FUNCTION_LINES] == []


def test_one_class_has_one_name(house: House) -> None:
    assert house.duplicate_classes == []


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A checkout with one circle of modules, one of rooms, and a class that inherits."""
    files = {
        "__init__.py": "",
        "low.py": "class Base:\n    def one(self): ...\n    def two(self): ...\n",
        "high.py": "from rnnlint.low import Base\nclass Child(Base):\n    def two(_): ...\n    def three(self): ...\n",
        "a/__init__.py": "",
        "a/first.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from rnnlint.a import second\n",
        "a/second.py": "def load():\n    from rnnlint.a.first import TYPE_CHECKING\n    import rnnlint.b.up\n",
        "b/__init__.py": "class Base: ...\n",
        "b/up.py": '"""Nothing."""\n',
        "b/down.py": 'import rnnlint.a.second\n\n\ndef said():\n    """Return."""\n\n\ndef _hidden(): ...\n',
    }
    for name, text in files.items():
        path = tmp_path / "rnnlint" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_rooms_and_floors(toy: Path) -> None:
    house = House(toy)
    assert house.root_modules == ["__init__", "high", "low"]
    assert house.rooms == {
        "rnnlint": set(),
        "rnnlint.a": {"rnnlint.b"},
        "rnnlint.b": {"rnnlint.a"},
        "rnnlint.high": {"rnnlint.low"},
        "rnnlint.low": set(),
    }
    assert house.arrows == 3
    assert house.floors == 2


def test_circles_of_modules_and_of_rooms(toy: Path) -> None:
    assert House(toy).circles == [["rnnlint.a.first", "rnnlint.a.second"], ["rnnlint.a", "rnnlint.b"]]


def test_sizes(toy: Path) -> None:
    house = House(toy)
    assert [(found.size, found.name) for found in house.classes_by_methods] == [
        (3, "rnnlint.high.Child"),
        (2, "rnnlint.low.Base"),
        (0, "rnnlint.b.Base"),
    ]
    assert house.functions_by_lines[0].name == "rnnlint.a.second.load"
    assert house.functions_by_lines[0].size == 3
    assert house.duplicate_classes == ["Base: rnnlint.b, rnnlint.low"]
    assert house.documented == (1, 6)
    assert house.lines == 24


def test_several_checkouts_side_by_side(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--repo", str(toy), "--repo", str(ROOT)])
    lines = capsys.readouterr().out.splitlines()
    assert {line.count("|") for line in lines if line.startswith("|")} == {4}
    assert "  circle: rnnlint.a.first -> rnnlint.a.second -> rnnlint.a.first" in lines
    with pytest.raises(FileNotFoundError):
        House(toy / "rnnlint")
