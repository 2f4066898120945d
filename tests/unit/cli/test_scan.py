"""`candor scan`: what a file of SQL is said to hold."""

import json
from pathlib import Path

import pytest

from services.cli.scan import scan_file


def test_a_finding_is_a_line_that_an_editor_can_follow(tmp_path: Path) -> None:
    file = tmp_path / "setup.sql"
    file.write_text("select 1;\ngrant all on orders to bob;\n")
    lines, dangerous = scan_file(file, "postgres", as_json=False)
    assert lines[0].startswith(f"{file}:2:1: error: This grants everything.")
    assert lines[-1] == f"{file}: 2 statements, 1 findings"
    assert dangerous


def test_a_program_reads_one_object_a_line(tmp_path: Path) -> None:
    file = tmp_path / "report.sql"
    file.write_text("select email from customers")
    lines, dangerous = scan_file(file, "mysql", as_json=True)
    (finding,) = map(json.loads, lines)
    assert (finding["reason"], finding["line"], finding["column"]) == ("SQL_PERSONAL_DATA", 1, 8)
    assert not dangerous


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "picture.sql"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="decode"):
        scan_file(file, "mysql", as_json=False)
