"""What is too much for every run: all pages and cases in all ways, many generated models, many versions of Keras.

    python -m tests.nightly                 all of it: some hours, and some GB of environments
    python -m tests.nightly product fuzz    these parts only

`product` is `pytest --full` with many more generated examples, `versions` the worker's probes under many versions of
Keras (tests/nightly/versions.py), `fuzz` half an hour of broken inputs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

PARTS = {
    "product": ["-m", "pytest", "--full", "--hypothesis-profile=long", "-n", "2"],
    "versions": ["-m", "pytest", "tests/nightly/versions.py"],
    "fuzz": ["-m", "tests.fuzz", "--minutes", "30"],
}


def main() -> int:
    """Run the parts one after the other, all of them also where one fails. Returns 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.nightly", description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    failed = []
    for name in chosen:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, *PARTS[name]], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
