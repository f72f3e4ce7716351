from hypothesis import given
from hypothesis import strategies as st

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


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 20 * HOUR)), max_size=30))
def test_a_session_goes_on_exactly_as_long_as_it_is_used_and_not_ended(steps: list[tuple[int, bool, int]]) -> None:
    held, now = Sessions(), 0
    tokens = [held.start(f"user {n}", f"stamp {n}", now) for n in range(4)]
    used, gone = dict.fromkeys(tokens, 0), set()
    assert len(set(tokens)) == 4
    for n, ended, pause in steps:
        now, token = now + pause, tokens[n]
        if ended:
            held.end(token)
            gone.add(token)
        if now - used[token] > sessions.IDLE_SECONDS or now > sessions.MOST_SECONDS:
            gone.add(token)
        alive = token not in gone
        assert held.find(token, now) == ((f"user {n}", f"stamp {n}") if alive else ("", ""))
        used[token] = now
