from ui import sessions
from ui.sessions import Sessions

HOUR = 3_600


def test_a_session_is_known_by_its_token_alone_and_the_token_is_not_kept() -> None:
    held = Sessions()
    one, two = held.start("ada", "a", 0), held.start("bob", "b", 0)
    assert (held.find(one, 1), held.find(two, 1)) == (("ada", "a"), ("bob", "b"))
    assert held.find("", 1) == held.find(one[:-1], 1) == ("", "")
    assert one not in repr(held._sessions)
    assert len(one) >= 43  # 32 random bytes


def test_it_ends_when_it_is_ended() -> None:
    held = Sessions()
    token = held.start("ada", "a", 0)
    held.end(token)
    held.end(token)
    assert held.find(token, 1) == ("", "")


def test_it_ends_when_it_is_idle_for_half_a_day() -> None:
    held = Sessions()
    token = held.start("ada", "a", 0)
    assert held.find(token, 12 * HOUR)[0] == "ada"
    assert held.find(token, 24 * HOUR)[0] == "ada", "using it renews it"
    assert held.find(token, 36 * HOUR + 1)[0] == ""
    assert held.find(token, 24 * HOUR)[0] == "", "gone is gone"


def test_it_ends_after_a_week_however_much_it_is_used() -> None:
    held = Sessions()
    token = held.start("ada", "a", 0)
    for hour in range(0, 7 * 24 + 1, 12):
        assert held.find(token, hour * HOUR)[0] == "ada"
    assert held.find(token, 7 * 24 * HOUR + 1)[0] == ""


def test_there_are_not_more_than_the_most() -> None:
    held = Sessions()
    first = held.start("ada", "a", 0)
    for _ in range(sessions.MOST_SESSIONS):
        held.start("bob", "b", 0)
    assert held.find(first, 0) == ("", "")
