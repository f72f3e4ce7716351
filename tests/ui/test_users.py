"""The file of users and the command that writes it."""

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from qa.errors import SettingsError, UsageError
from ui import users
from ui.cli import app
from ui.users import Users

PASSWORD = "correct horse battery"
NAMES = st.text(max_size=12) | st.sampled_from(["Ada", "ADA", "a\u0308b", "\u00e4b"])
WORDS = st.text(min_size=users.SHORTEST, max_size=20)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hash costs a hundredth of the real one."""
    monkeypatch.setattr(users, "_N", 2**10)
    users._nobody.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    users.add(tmp_path / "users", "ada", PASSWORD)
    return tmp_path / "users"


def test_the_right_password_and_no_other(file: Path) -> None:
    known = Users(file)
    assert known.authenticate("ada", PASSWORD) == "ada"
    for name, password in [
        ("ada", PASSWORD + " "),
        ("ada", PASSWORD.upper()),
        ("ada", ""),
        ("ada", "x" * 100_000),
        ("bob", PASSWORD),
        ("", PASSWORD),
        ("ada:", PASSWORD),
    ]:
        assert known.authenticate(name, password) == ""


def test_capitals_and_composition_make_no_other_user_or_password(file: Path) -> None:
    users.add(file, "Zoë", "caf\u00e9 caf\u00e9")
    assert Users(file).authenticate(" ADA ", PASSWORD) == "ada"
    assert Users(file).authenticate("ZOE\u0308", "cafe\u0301 cafe\u0301") == "zoë"


def test_the_file_holds_no_password_and_is_private(file: Path) -> None:
    users.add(file, "bob", PASSWORD)
    text = file.read_text()
    assert PASSWORD not in text
    first, second = (line.partition(":")[2] for line in text.splitlines())
    assert first.startswith("scrypt$1024$8$1$")
    assert first != second, "each has its own salt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["users"]


def test_a_running_service_sees_what_changes(file: Path) -> None:
    known = Users(file)
    before = known.stamp("ada")
    users.add(file, "bob", PASSWORD)
    assert known.names() == ["ada", "bob"]
    assert known.stamp("ada") == before
    users.add(file, "ada", "another password")
    assert known.stamp("ada") not in ("", before)
    assert known.authenticate("ada", PASSWORD) == ""
    users.remove(file, "ada")
    assert (known.names(), known.stamp("ada")) == (["bob"], "")


def test_a_file_that_breaks_while_the_service_runs_lets_nobody_in(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    known, kept = Users(file), file.read_text()
    for broken in (kept + "nonsense\n", None):
        file.unlink() if broken is None else file.write_text(broken)
        assert known.authenticate("ada", PASSWORD) == ""
        assert "nobody can sign in" in caplog.text
    file.write_text(kept)
    assert known.authenticate("ada", PASSWORD) == "ada"


@pytest.mark.parametrize(
    "line",
    [
        "ada",
        "ada:",
        "ada:secret",
        "ada:scrypt$1024$8$1$$",
        "a b:{}",
        ":{}",
        "ada:scrypt$3000$8$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",  # N is no power of two
        "ada:scrypt$1048576$99$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",  # 13 GB a try
        "ada:{}\nADA:{}",
    ],
)
def test_a_line_that_is_no_user_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "users"
    path.write_text("# who may\n\n" + line.replace("{}", users.hashed(PASSWORD)) + "\n")
    with pytest.raises(SettingsError, match=r"line [34] is no user"):
        Users(path)


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as error:
        Users(tmp_path / "none")
    assert "footnote users add" in error.value.remedy


@pytest.mark.parametrize("name", ["", " ", "a b", "a:b", "a\nb", "../x", "-x", "x" * 65, "<b>"])
def test_a_name_is_a_plain_word(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a user's name"):
        users.add(tmp_path / "users", name, PASSWORD)
    assert not (tmp_path / "users").exists()


@pytest.mark.parametrize(("length", "fine"), [(7, False), (8, True), (200, True), (201, False)])
def test_a_password_is_neither_too_short_nor_without_end(tmp_path: Path, length: int, fine: bool) -> None:
    if fine:
        assert users.add(tmp_path / "users", "ada", "x" * length) is False
    else:
        with pytest.raises(UsageError, match="8 to 200"):
            users.add(tmp_path / "users", "ada", "x" * length)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    given_=st.dictionaries(
        st.text(max_size=12) | st.sampled_from(["Ada", "ADA", "a\u0308b", "\u00e4b"]), WORDS, max_size=4
    )
)
def test_whoever_could_be_added_is_known_by_any_spelling_and_nobody_else(
    tmp_path_factory: pytest.TempPathFactory, given_: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("users") / "users"
    wanted: dict[str, str] = {}
    for name, password in given_.items():
        try:
            known = users.add(path, name, password)
        except UsageError:
            assert not users.NAME.fullmatch(users.plain(name))
        else:
            assert known is (users.plain(name) in wanted)
            wanted[users.plain(name)] = password
    assert users.listed(path) == sorted(wanted)
    if not wanted:
        return
    kept = Users(path)
    for name, password in wanted.items():
        assert kept.authenticate(f" {name.upper().lower()} ", password) in (name, "")
        assert kept.authenticate(name, password) == name
        assert kept.authenticate(name, f"{password}x") == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


class TestCommand:
    @pytest.fixture(autouse=True)
    def named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("FOOTNOTE_USERS", str(tmp_path / "folder" / "users"))

    def run(self, *args: str, given: str = "") -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["users", *args], input=given)
        return done.exit_code, done.stdout, done.stderr

    def test_adds_lists_and_removes(self, tmp_path: Path) -> None:
        assert self.run("add", "Ada", given=f"{PASSWORD}\n")[0] == 0
        assert self.run("add", "bob", given=f"{PASSWORD}\r\n")[0] == 0
        assert self.run("list") == (0, "ada\nbob\n", "")
        assert Users(tmp_path / "folder" / "users").authenticate("bob", PASSWORD) == "bob"
        assert self.run("remove", "ADA")[0] == 0
        assert self.run("list")[1] == "bob\n"

    def test_says_that_a_password_was_changed(self) -> None:
        self.run("add", "ada", given=f"{PASSWORD}\n")
        assert "Changed the password of ada" in self.run("add", "ada", given="another one\n")[2]

    @pytest.mark.parametrize("typed", [(PASSWORD, "other words"), (PASSWORD, None)])
    def test_a_password_typed_two_ways_changes_nothing(
        self, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, str | None]
    ) -> None:
        from ui import user_commands

        answers = iter(typed)

        def ask(prompt: str) -> str:
            answer = next(answers)
            if answer is None:
                raise EOFError
            return answer

        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr(user_commands.getpass, "getpass", ask)
        with pytest.raises(UsageError, match="Nothing was changed"):
            user_commands._password()

    def test_unknown_users_and_missing_files_are_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.run("remove", "eve")[0] == 2
        assert "no user 'eve'" in self.run("remove", "eve")[2]
        monkeypatch.delenv("FOOTNOTE_USERS")
        code, _, said = self.run("list")
        assert (code, "FOOTNOTE_USERS" in said) == (2, True)
        assert self.run("list", "--file", "elsewhere") == (0, "", "")
