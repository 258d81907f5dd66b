"""Which files are found, which modules, and what must not reach the parser."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rnnlint.project.disk import Disk, real_by_parts
from rnnlint.project.files import File
from rnnlint.project.modules import Modules
from rnnlint.project.roots import Roots
from rnnlint.project.walk import MissingPathError, discover
from rnnlint.settings.resolver import Resolver
from rnnlint.settings.settings import Options
from rnnlint.source.guard import guard
from rnnlint.source.read import from_text


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tree(**texts: str) -> None:
    """Write files below the current folder; `__` in a name is a slash, `_DOT_` a dot."""
    for name, text in texts.items():
        path = Path(name.replace("_DOT_", ".").replace("__", "/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def write(*names: str, text: str = "x = 1\n") -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(*paths: str, **options: object) -> list[str]:
    result = discover(paths or (".",), Resolver(Options(**options)).settings)  # type: ignore[arg-type]
    assert result.diagnostics == []
    return result.paths


# ---------------------------------------------------------------------------------------------------------------------
# Discovery


def test_folders_are_searched_for_scripts_and_notebooks_in_order() -> None:
    write("b.py", "a/z.ipynb", "a/b.py", "a.py", "a/c.txt", "a/.hidden.py", "d.pyc", "a/e.PY.bak")
    assert found() == ["a.py", "a/.hidden.py", "a/b.py", "a/z.ipynb", "b.py"]
    assert found("a") == ["a/.hidden.py", "a/b.py", "a/z.ipynb"]


def test_paths_are_spelled_as_given_and_taken_once(tmp_path: Path) -> None:
    write("p/a.py", "p/b.py")
    assert found("p/a.py", "./p/a.py", "p") == ["p/a.py", "p/b.py"]
    assert found(str(tmp_path / "p")) == [str(tmp_path / "p/a.py"), str(tmp_path / "p/b.py")]


def test_a_named_file_is_taken_whatever_its_suffix() -> None:
    write("script", "build/x.py")
    assert found("script", "build/x.py") == ["build/x.py", "script"]


def test_a_missing_path_is_a_usage_error() -> None:
    with pytest.raises(MissingPathError, match=r"'nothing\.py' does not exist"):
        found("nothing.py")


def test_default_excludes_hold_below_the_given_folder_only(tmp_path: Path) -> None:
    write("build/p/a.py", "build/p/build/b.py", "build/p/venv/c.py", "build/p/.ipynb_checkpoints/d.ipynb")
    assert found("build/p") == ["build/p/a.py"]
    assert found("build") == ["build/p/a.py"]
    assert found(str(tmp_path / "build" / "p")) == [str(tmp_path / "build/p/a.py")]
    assert found() == []


def test_exclude_patterns() -> None:
    write("a.py", "x/b.py", "x/y/c.py", "build/d.py")
    assert found(extend_exclude=("x/y",)) == ["a.py", "x/b.py"]
    assert found(extend_exclude=("b.py",)) == ["a.py", "x/y/c.py"]
    assert found(exclude=("x",)) == ["a.py", "build/d.py"]


def test_force_exclude_holds_for_named_files() -> None:
    write("a.py", "build/d.py", "x/e.py")
    assert found("build/d.py", "a.py", force_exclude=True) == ["a.py"]
    assert found("x", force_exclude=True, extend_exclude=("x",)) == []


def test_gitignore_files_nest_and_negate() -> None:
    tree(
        repo__a_DOT_py="",
        repo__b_DOT_py="",
        repo__gen__c_DOT_py="",
        repo__sub__b_DOT_py="",
        repo__sub__d_DOT_py="",
        repo__sub__deep__d_DOT_py="",
        repo___DOT_gitignore="b.py\ngen/\n# comment\n",
        repo__sub___DOT_gitignore="!b.py\n/d.py\n",
    )
    Path("repo/.git/info").mkdir(parents=True)
    Path("repo/.git/info/exclude").write_text("a.py\n")
    assert found("repo") == ["repo/sub/b.py", "repo/sub/deep/d.py"]
    assert found("repo/sub") == ["repo/sub/b.py", "repo/sub/deep/d.py"]
    everything = found("repo", respect_gitignore=False)
    assert len(everything) == 6
    # A named folder or file is linted even if ignored.
    assert found("repo/gen", "repo/b.py") == ["repo/b.py", "repo/gen/c.py"]


def test_gitignore_without_a_repository_holds_below_its_folder() -> None:
    tree(a_DOT_py="", p__b_DOT_py="", p___DOT_gitignore="b.py\n")
    assert found() == ["a.py"]


def test_a_repository_inside_another_has_its_own_rules() -> None:
    tree(outer___DOT_gitignore="x.py\n", outer__x_DOT_py="", outer__inner__x_DOT_py="")
    Path("outer/.git").mkdir()
    Path("outer/inner/.git").mkdir()
    assert found("outer") == ["outer/inner/x.py"]


def test_a_pattern_that_git_cannot_read_is_passed_over() -> None:
    tree(a_DOT_py="", b_DOT_py="", _DOT_gitignore="!\n[\nb.py\n")
    assert found() == ["a.py"]


def test_links_do_not_loop_and_files_are_taken_once() -> None:
    write("p/a.py")
    Path("p/loop").symlink_to(Path("p").resolve(), target_is_directory=True)
    Path("p/link.py").symlink_to("a.py")
    Path("p/.#a.py").symlink_to("user@host")
    Path("entry").symlink_to("p", target_is_directory=True)
    assert found() == ["p/a.py"]
    assert found("entry") == ["entry/a.py"]


def test_what_cannot_be_read_is_said() -> None:
    write("p/ok.py", "closed/a.py")
    Path("p/broken.py").symlink_to("nowhere.py")
    Path("p/circle.py").symlink_to("circle.py")
    os.mkfifo("p/pipe.py")
    Path("p/folder.py").mkdir()
    write("p/folder.py/inner.py")
    closed = os.geteuid() != 0
    if closed:
        Path("closed").chmod(0)
    result = discover((".",), Resolver().settings)
    if closed:
        Path("closed").chmod(0o755)
    assert [path for path in result.paths if path.startswith("p/")] == ["p/folder.py/inner.py", "p/ok.py"]
    said = {one.span.path: one.message for one in result.diagnostics}
    assert set(said) - {"closed"} == {"p/broken.py", "p/circle.py", "p/pipe.py"}
    assert "symbolic link" in said["p/broken.py"]
    assert "regular file" in said["p/pipe.py"]
    assert ("closed" in said) is closed


def test_real_folders_are_found_by_their_parts(tmp_path: Path) -> None:
    write("a/b/c/x.py", "a/b/y.py", "z.py")
    Path("way").symlink_to("a/b", target_is_directory=True)
    Path("a/b/up").symlink_to("../..", target_is_directory=True)
    known: dict[str, str] = {}
    folders = [".", "a", "a/b", "a/b/c", "way", "way/c", "way/up/a", "a/b/up/way/c", "gone/d", "/", "/" + "d/" * 1500]
    for folder in folders:
        absolute = os.path.abspath(folder)
        assert real_by_parts(absolute, known) == Disk().real(absolute) == os.path.realpath(absolute)


def test_each_file_knows_where_it_leads_and_its_folder(tmp_path: Path) -> None:
    write("a/b/x.py", "a/z.py", "y.py")
    Path("way").symlink_to("a", target_is_directory=True)
    Path("a/b/link.py").symlink_to("../../y.py")
    for given in (".", "way", "way/b", "a/b/link.py", str(tmp_path), "a/../way"):
        files = discover((given,), Resolver().settings).files
        assert files
        assert files == [File.at(file.shown) for file in files]


def test_a_folder_that_cannot_be_listed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    write("p/a.py", "q/b.py")
    real = os.scandir

    def scandir(path: str) -> object:
        if os.path.basename(path) == "p":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = discover((".",), Resolver().settings)
    assert result.paths == ["q/b.py"]
    assert [(one.kind, one.message) for one in result.diagnostics] == [("io-error", "cannot read p: Permission denied")]


# ---------------------------------------------------------------------------------------------------------------------
# The gate before libcst


def guarded(text: str) -> tuple[str, int, str] | None:
    diagnostic = guard(from_text(text, "a.py"))
    return None if diagnostic is None else (diagnostic.kind, diagnostic.span.row, diagnostic.message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = " + "(" * 150 + ")" * 150,
        "x = [" + "1, " * 100_000 + "]",
        "x = '" + "(" * 10_000 + "'",
        "# " + "(" * 10_000,
        "x = y\n" + ("if x:\n    y()\n" + "elif x:\n    y()\n" * 500),
        "x = " + "'a'\\\n" * 500 + "'b'",
        "\n".join(f"x{i} = f(x)" for i in range(20_000)),
        "x = '\\d'\n",
        "def f():\n\x0c\n  pass\n",
    ],
)
def test_large_but_flat_code_passes(text: str) -> None:
    assert guarded(text) is None


@pytest.mark.parametrize(
    ("text", "row", "part"),
    [
        ("x = 1\n" * 200_000, 1, "200,001 lines"),
        ("\n\nx = " + "(" * 5000 + ")" * 5000, 3, "5,000 deep"),
        ("\n" + "[" * 5000, 2, "5,000 deep"),
        ("x = 1\ny = " + "f(" * 1000 + ")" * 1000, 2, "1,000 deep"),
        ("y = a" + ".b()" * 1000, 1, "nest"),
        ("y = a" + ".b" * 30_000, 1, "nest"),
        ("\ny = " + "1+" * 1000 + "1", 2, "nest"),
        ("y = " + "1+" * 10_000 + "1", 1, "nest"),
        ("y = " + "-" * 10_000 + "1", 1, "nest"),
        ("y = " + "not " * 10_000 + "1", 1, "nest"),
        ("y = " + "lambda: " * 10_000 + "1", 1, "nest"),
        ("y = " + "1 if x else " * 1000 + "1", 1, "nest"),
        ("if x:\n  y\n" + "elif x:\n  y\n" * 1500, 1, ""),
        ("if x:\n  y\n" + "elif x:\n  y\n" * 20_000, 1, ""),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_would_hurt_the_parser_is_refused(text: str, row: int, part: str) -> None:
    result = guarded(text)
    assert result is not None
    kind, at, message = result
    assert kind == "too-complex"
    assert at == row or part in ("nest", "")
    assert part in message


@pytest.mark.parametrize(
    ("text", "row", "what"),
    [
        ("x = 1\nprint 'hello'\n", 2, "print"),
        ("print x\n", 1, "print"),
        ("print 'a' % x, y\n", 1, "print"),
        ("print ('a') % x, y; print x\n", 1, "print"),
        ("exec 'x'\n", 1, "exec"),
        ("try:\n  f()\nexcept ValueError, e:\n  pass\n", 3, "except"),
        ("raise ValueError, 'x'\n", 1, "raise"),
        ("x = `y`\n", 1, "backquotes"),
        ("if a <> b: pass\n", 1, "<>"),
        ("x = 0777\n", 1, "octal"),
        ("x = 10L\n", 1, "long"),
        ("x = ur'a'\n", 1, "ur"),
        ("f = lambda (a, b): a\n", 1, "tuple"),
        ("def f(a, (b, c)):\n  pass\n", 1, "tuple"),
    ],
)
def test_python_2_is_named(text: str, row: int, what: str) -> None:
    result = guarded(text)
    assert result is not None
    kind, at, message = result
    assert (kind, at) == ("invalid-syntax", row)
    assert message.startswith("Python 2 syntax: ")
    assert what in message


@pytest.mark.parametrize("text", ["x = f(\n", "def f(:\n", "x = 'a\n", "if x:\npass\n", "x = 1 +\n", "print(x\n"])
def test_broken_code_goes_on_to_the_parser(text: str) -> None:
    """What `ast` refuses may be newer syntax: libcst decides."""
    assert guarded(text) is None


def test_syntax_newer_than_the_running_python_goes_on_to_the_parser() -> None:
    assert guarded('x = f"{d["a"]}"\ntype Y = int\ntry:\n  f()\nexcept* E:\n  pass\n') is None


def test_no_warning_of_the_compiler_comes_through(recwarn: pytest.WarningsRecorder) -> None:
    guarded("x = '\\d' is 'x'\nassert (1, 2)\n")
    assert not recwarn.list


# ---------------------------------------------------------------------------------------------------------------------
# Modules


def test_relative_and_absolute_modules_are_found(tmp_path: Path) -> None:
    write("p/pyproject.toml", text="")
    write("p/main.py", "p/pkg/__init__.py", "p/pkg/sub/__init__.py", "p/pkg/sub/a.py", "p/pkg/b.py", "p/src/lib/c.py")
    modules = Modules([File.at("p/pkg/b.py")])

    def path(module: str, level: int, importer: str) -> str | None:
        source = modules.find(module, level, importer)
        return None if source is None else os.path.relpath(source.path)

    assert path("b", 2, "p/pkg/sub/a.py") == "p/pkg/b.py"
    assert path("a", 1, "p/pkg/sub/__init__.py") == "p/pkg/sub/a.py"
    assert path("", 2, "p/pkg/sub/a.py") == "p/pkg/__init__.py"
    assert path("pkg.sub.a", 0, "p/main.py") == "p/pkg/sub/a.py"
    assert path("pkg.sub", 0, "p/pkg/b.py") == "p/pkg/sub/__init__.py"
    assert path("lib.c", 0, "p/main.py") == "p/src/lib/c.py"
    assert path("lib", 0, "p/main.py") == "p/src/lib/__init__.py"
    assert path("numpy", 0, "p/main.py") is None
    assert path("nothing", 1, "p/main.py") is None
    assert path("x", 5, "p/pkg/sub/a.py") is None
    found_b = modules.find("pkg.b", 0, "p/main.py")
    assert found_b is not None
    assert found_b.path == "p/pkg/b.py"
    assert found_b is modules.find("b", 1, "p/pkg/__init__.py")


def test_nothing_outside_the_project_is_read(tmp_path: Path) -> None:
    write("secret.py", "p/pyproject.toml", "p/pkg/__init__.py", "p/pkg/a.py", "outside/__init__.py", "outside/x.py")
    Path("p/link.py").symlink_to(tmp_path / "secret.py")
    Path("p/linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    modules = Modules()
    assert modules.find("secret", 0, "p/pkg/a.py") is None
    assert modules.find("secret", 3, "p/pkg/a.py") is None
    assert modules.find("link", 0, "p/pkg/a.py") is None
    assert modules.find("linked.x", 0, "p/pkg/a.py") is None
    assert modules.find("linked", 0, "p/pkg/a.py") is None
    for odd in ("../secret", "..secret", "/etc/passwd", "a/b", "pkg..a", ""):
        assert modules.find(odd, 0, "p/pkg/a.py") is None


def test_without_a_project_the_given_folder_or_the_package_is_the_limit(tmp_path: Path) -> None:
    write("x/utils.py", "x/run/main.py", "x/pkg/__init__.py", "x/pkg/deep/__init__.py", "x/pkg/deep/a.py")
    assert Modules().find("utils", 0, "x/run/main.py") is None
    assert Modules(tops=(str(tmp_path / "x"),)).find("utils", 0, "x/run/main.py") is not None
    assert Modules().find("pkg.deep", 0, "x/pkg/deep/a.py") is not None
    # A given folder inside a package: the whole package counts, and what lies beside it.
    inside = Modules(tops=(str(tmp_path / "x/pkg/deep"),))
    assert inside.top(str(tmp_path / "x/pkg/deep")) == str(tmp_path / "x")
    assert inside.find("", 2, "x/pkg/deep/a.py") is not None
    assert inside.find("utils", 0, "x/pkg/deep/a.py") is not None


def test_modules_that_cannot_be_read_are_not_followed() -> None:
    write("p/pyproject.toml", "p/main.py")
    Path("p/big.py").write_text("x = 1\n" * 200_000)
    Path("p/deep.py").write_text("(" * 3000)
    Path("p/binary.py").write_bytes(b"\x00")
    Path("p/folder.py").mkdir()
    modules = Modules()
    for name in ("big", "deep", "binary", "folder"):
        assert modules.find(name, 0, "p/main.py") is None


def test_roots_of_projects(tmp_path: Path) -> None:
    write("g/p/setup.py", "g/p/q/a.py", "h/pyproject.toml", "h/i/setup.cfg", "h/i/a.py")
    Path("g/.git").write_text("gitdir: elsewhere\n")
    roots = Roots()
    assert roots.project_root(str(tmp_path / "g/p/q")) == str(tmp_path / "g")
    assert roots.project_root(str(tmp_path / "h/i")) == str(tmp_path / "h/i")
    assert sys.platform == "win32" or roots.git_root(str(tmp_path / "h")) is None
