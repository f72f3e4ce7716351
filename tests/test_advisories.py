from tests.advisories import weaknesses


def test_each_known_weakness_is_a_line() -> None:
    told = [
        {"name": "sound", "version": "1.0", "vulns": []},
        {"name": "odd", "skip_reason": "not found"},
        {"name": "weak", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1", "3.0"]}]},
        {"name": "lost", "version": "3.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]},
    ]
    assert weaknesses(told) == ["weak 2.0: PYSEC-1, mended in 2.1, 3.0", "lost 3.0: PYSEC-2, mended in no release"]
