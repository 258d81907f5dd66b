"""From the bytes of a script to its text: encodings, line ends, and what no Python source can hold."""

from __future__ import annotations

import re

from rnnlint.source.source import Source, refused

_NEWLINE = re.compile(r"\r\n?|\n")
# PEP 263: a comment in one of the first two lines.
_COOKIE = re.compile(rb"^(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
# Text encodings whose decoder needs more than linear time, or that nobody writes Python in.
_REFUSED_ENCODINGS = frozenset({"punycode", "idna", "undefined"})
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def normalize(text: str) -> str:
    """Text with LF line ends and no byte order mark."""
    text = text.removeprefix("\ufeff")
    return _NEWLINE.sub("\n", text) if "\r" in text else text


def replace_surrogates(text: str) -> str:
    """Lone surrogates, which JSON and Python strings can hold but no file can, become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text


def clean_text(text: str, path: str) -> str | Source:
    """The text of a script as the user sees it, or the refused source that says why it is not a script."""
    text = normalize(text)
    return _binary(text, path) if "\0" in text else replace_surrogates(text)


# A line that starts with IPython's own syntax, ends in `?`, or assigns from a magic: worth a closer look.
_MAGIC = re.compile(
    r"^[ \t]*[!%?]|=[ \t]*[!%][^=]|\?[ \t]*(?:#.*)?$|^[ \t]*(?:pip3?|conda|mamba|uv|apt-get)[ \t]+[a-z]", re.MULTILINE
)


def has_magics(text: str) -> bool:
    """Whether a text may hold IPython syntax; a cheap over-approximation."""
    return _MAGIC.search(text) is not None


def _binary(text: str, path: str) -> Source:
    row = text.count("\n", 0, text.index("\0")) + 1
    message = f"{path} holds a NUL byte in line {row}: this is not Python source, or it is UTF-16; save it as UTF-8"
    return refused(path, "io-error", message, row)


def decode(data: bytes, path: str) -> str | Source:
    """The text of a script by its byte order mark and PEP 263 cookie, or the refused source that says why not."""
    if data.startswith(_UTF16_MARKS):
        return refused(path, "io-error", f"{path} is UTF-16, which Python does not read; save it as UTF-8")
    encoding = "utf-8"
    if not data.startswith(b"\xef\xbb\xbf") and (cookie := _COOKIE.match(data)):
        encoding = cookie[1].decode("ascii", "replace").lower().replace("_", "-")
    if encoding in _REFUSED_ENCODINGS:
        return refused(path, "io-error", f"{path} declares the encoding {encoding!r}; save it as UTF-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        row = len(_NEWLINE.findall(before.decode("latin-1"))) + 1
        byte = f"0x{data[error.start]:02x}" if error.start < len(data) else "the end"
        hint = "save it as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-"
        if encoding != "utf-8":
            hint = f"the file declares {encoding}; correct that line or save it in that encoding"
        message = f"{path} is not {encoding}: {byte} at byte {error.start}, line {row}; {hint}"
        return refused(path, "io-error", message, row, error.start - _line_start(before) + 1)
    except (LookupError, ValueError) as error:
        return refused(path, "io-error", f"{path} declares the encoding {encoding!r}: {error}; save it as UTF-8")


def _line_start(before: bytes) -> int:
    return max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
