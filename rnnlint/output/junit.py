"""JUnit's XML: one test suite for each file, one failed test for each finding.

There is no one schema. What is written here is valid under the strict one of Ant (windyroad/JUnit-Schema) and under
that of Jenkins (xunit-plugin, junit-10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from rnnlint.findings import Finding
from rnnlint.output import code, position, printable, sentence, severity
from rnnlint.output.rulebook import url

if TYPE_CHECKING:
    from rnnlint.output import Entry
    from rnnlint.output.report import Report


def render(report: Report) -> Iterator[str]:
    """The document. A refuted finding is a test that passes; a run without findings is one, since readers need one."""
    root = ET.Element("testsuites")
    files = groupby(report.everything, key=lambda entry: report.project_path(entry.span.path))
    for path, entries in files:
        _suite(root, report, printable(path), entries)
    if not len(root):
        _suite(root, report, "rnnlint", ())
    ET.indent(root)
    yield f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, report: Report, name: str, entries: Iterable[Entry]) -> None:
    """Suites carry the place and the severity as text: neither schema has attributes for them."""
    suite = ET.SubElement(root, "testsuite", name=name, package="rnnlint", id=str(len(root)))
    ET.SubElement(suite, "properties")
    errors = failures = tests = 0
    for entry in entries:
        tests += 1
        finding = entry if isinstance(entry, Finding) else None
        test = f"{position(entry.span)} {code(entry)}{f' {finding.name}' if finding else ''}"
        case = ET.SubElement(suite, "testcase", name=test, classname=name, time="0")
        if finding and finding.verdict and finding.verdict.status == "refuted":
            continue
        kind = "failure" if finding else "error"
        failures, errors = failures + bool(finding), errors + (not finding)
        element = ET.SubElement(case, kind, type=code(entry), message=sentence(entry))
        place = report.places.locate(entry.span)
        where = f"{name}:{place.row}:{place.column}"
        page = f"\n{url(finding.code)}" if finding else ""
        element.text = f"{where}: {severity(entry)}: {code(entry)} {sentence(entry)}{page}"
    if not tests:
        ET.SubElement(suite, "testcase", name="no findings", classname=name, time="0")
    for stream in ("system-out", "system-err"):
        ET.SubElement(suite, stream)
    counts = {"tests": max(tests, 1), "failures": failures, "errors": errors, "time": 0}
    suite.attrib |= {key: str(value) for key, value in counts.items()}
    suite.attrib |= {"hostname": "localhost", "timestamp": f"{report.started:%Y-%m-%dT%H:%M:%S}"}
