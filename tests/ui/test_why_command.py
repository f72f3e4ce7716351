import json
from pathlib import Path

from typer.testing import CliRunner

from ui.cli import app


def test_why_tells_each_step_as_text_and_as_json(own_library: Path) -> None:
    asked = ["why", "Who runs the reservoir?", "1", "--library", str(own_library)]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    assert "Nearness in meaning" in told.output
    found = [json.loads(line) for line in CliRunner().invoke(app, [*asked, "--json"]).output.splitlines()]
    assert found[0]["name"] == "In the library"
    assert {finding["severity"] for finding in found} <= {"ok", "warning", "error"}


def test_an_article_that_is_not_there_is_said(own_library: Path) -> None:
    told = CliRunner().invoke(app, ["why", "Who?", "nowhere.txt", "--library", str(own_library)])
    assert told.exit_code == 2
    assert "nowhere.txt" in told.output
