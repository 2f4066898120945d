"""Tries clients by hand: `PYTHONPATH=tests:clients/python .venv/bin/python -m conformance [language ...]`.

`--serve` serves until Ctrl-C and prints where; `--write` writes the table of promises into clients/README.md.
"""

import signal
import sys
import tempfile
from pathlib import Path

from conformance.cases import CASES
from conformance.languages import LANGUAGES, Language
from conformance.page import PAGE, written
from conformance.stand import Stand, stand


def main(arguments: list[str]) -> int:
    unknown = set(arguments) - set(LANGUAGES) - {"--serve", "--write"}
    if unknown:
        sys.stderr.write(f"No client {', '.join(sorted(unknown))}. There are: {', '.join(LANGUAGES)}.\n")
        return 2
    if "--write" in arguments:
        PAGE.write_text(written(PAGE.read_text()))
        return 0
    with tempfile.TemporaryDirectory(prefix="candor-conformance-") as folder, stand(Path(folder)) as running:
        if "--serve" in arguments:
            return _serve(running)
        return max(_try(running, LANGUAGES[name]) for name in arguments or LANGUAGES)


def _serve(running: Stand) -> int:
    token = running.edge.keys.token(exp=2_000_000_000)
    sys.stdout.write(f"export CANDOR_ADDRESS={running.address} CANDOR_TOKEN={token}\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


def _try(running: Stand, language: Language) -> int:
    if missing := language.missing():
        sys.stdout.write(f"{language.name}: skipped, without {missing}\n")
        return 0
    attempt, failed = running.attempt(language), 0
    for case in CASES.values():
        if case.name in language.without:
            continue
        try:
            attempt.check(case)
            sys.stdout.write(f"{language.name} {case.name}: kept\n")
        except AssertionError as error:
            failed = 1
            sys.stdout.write(f"{language.name} {case.name}: BROKEN {str(error)[:2000]}\n")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
