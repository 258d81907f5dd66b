"""The console: where lines go, what is printed once, and the progress bar."""

from __future__ import annotations

import io
import sys
import time

import pytest

from rnnlint.cli.console import Console, Failure, _with_bar, counted, fail


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_messages_go_to_stderr_and_a_note_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console("never")
    console.out("found\n")
    console.out("beside\n", err=True)
    console.error("one\x1b[31m")
    console.warning("two")
    console.notes(["three", "three"])
    console.notes(["three", "four"])
    out, err = capsys.readouterr()
    assert out == "found\n"
    assert err.splitlines() == ["beside", "error: one␛[31m", "warning: two", "note: three", "note: four"]


def test_the_end_of_a_command_is_one_printable_line() -> None:
    with pytest.raises(Failure) as failure:
        fail("a\x07b")
    assert (failure.value.message, failure.value.exit_code) == ("a␇b", 2)


def test_a_patch_stays_as_it_is_but_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    text = "--- a.py\n+++ a.py\n@@ -1 +1 @@\n-a\x1b\n+b\n"
    Console("never").patch(text)
    assert capsys.readouterr().out == text
    Console("always").patch(text)
    shown = capsys.readouterr().out
    assert "\x1b[1m--- a.py" in shown
    assert "\x1b[31m-a␛" in shown
    assert "\x1b[32m+b" in shown


def test_counts() -> None:
    assert [counted(number, "finding") for number in (0, 1, 1200)] == ["0 findings", "1 finding", "1,200 findings"]
    assert counted(2, "entry", "entries") == "2 entries"


# ---------------------------------------------------------------------------------------------------------------------
# Progress


def test_a_bar_is_drawn_after_a_second_and_nothing_of_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = screen(monkeypatch)
    assert list(_with_bar(iter("abc"), 3, "Linting", time.monotonic() - 10)) == ["a", "b", "c"]
    assert "Linting" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K\x1b[?25h")
    assert "\n" not in terminal.getvalue()


def test_a_bar_goes_where_the_work_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = screen(monkeypatch)
    bar = _with_bar(iter("abc"), 3, "Linting", time.monotonic() - 10)
    next(bar)
    next(bar)
    bar.close()  # type: ignore[attr-defined]
    assert terminal.getvalue().endswith("\x1b[?25h")


def test_no_bar_is_drawn_before(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = screen(monkeypatch)
    assert list(_with_bar(iter("abc"), 3, "Linting", time.monotonic() + 600)) == ["a", "b", "c"]
    assert not terminal.getvalue()


@pytest.mark.parametrize(("quiet", "tty"), [(True, True), (False, False), (True, False)])
def test_nobody_is_shown_a_bar_who_did_not_ask(quiet: bool, tty: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal() if tty else io.StringIO())
    items = ["a"]
    assert Console(quiet=quiet).progress(items, 1, "Linting") is items


def test_a_bar_from_the_first_item_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = screen(monkeypatch)
    assert list(Console().bar(iter("abc"), 3, "Confirming")) == ["a", "b", "c"]
    assert "Confirming" in terminal.getvalue()
    terminal.truncate(0)
    assert list(Console(quiet=True).bar(iter("abc"), 3, "Confirming")) == ["a", "b", "c"]
    assert list(Console().bar(iter(()), 0, "Confirming")) == []
    assert not terminal.getvalue()
