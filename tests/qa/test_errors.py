import pytest

from qa.errors import first_line


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no such file"), "no such file"),
        (OSError("\n  not a model\nTraceback: much more\n"), "not a model"),
        (RuntimeError(" \n"), "RuntimeError"),
        (KeyError(), "KeyError"),
    ],
)
def test_of_another_librarys_error_one_line_is_told(error: Exception, told: str) -> None:
    assert first_line(error) == told
