from hypothesis import given
from hypothesis import strategies as st

from ui import throttle
from ui.throttle import Throttle

KEYS = {"name": 3}


def failed(guard: Throttle, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        guard.failed(KEYS, now)


def test_the_first_failures_are_free_and_each_further_one_doubles_the_wait() -> None:
    guard = Throttle()
    failed(guard, 2)
    assert guard.wait(KEYS, 0) == 0
    waits = []
    for _ in range(4):
        failed(guard, 1)
        waits.append(guard.wait(KEYS, 0))
    assert waits == [1, 2, 4, 8]  # 2 ** (failures - 3)
    assert guard.wait(KEYS, 5) == 3
    assert guard.wait(KEYS, 8) == 0


def test_the_wait_has_an_end() -> None:
    guard = Throttle()
    failed(guard, 500)
    assert guard.wait(KEYS, 0) == 900


def test_failures_are_forgotten_after_an_hour_of_quiet() -> None:
    guard = Throttle()
    failed(guard, 100)
    assert guard.wait(KEYS, 3_601) == 0
    failed(guard, 1, 3_601)
    assert guard.wait(KEYS, 3_601) == 0


def test_a_success_takes_back_its_own_count_only() -> None:
    guard = Throttle()
    failed(guard, 5)
    guard.succeeded(KEYS)
    assert guard.wait(KEYS, 0) == 2  # four failures: 2 ** 1


def test_the_longest_wait_of_all_keys_counts() -> None:
    guard = Throttle()
    for _ in range(4):
        guard.failed({"name": 10, "address": 2}, 0)
    assert guard.wait({"name": 10, "address": 2}, 0) == 4
    assert guard.wait({"name": 10}, 0) == 0


def test_many_names_do_not_fill_the_memory() -> None:
    guard = Throttle()
    for n in range(throttle.MOST_KEYS + 10):
        guard.failed({n: 1}, 0)
    assert len(guard._failures) == throttle.MOST_KEYS


TRIES = st.lists(st.tuples(st.sampled_from(["ada", "bob"]), st.booleans(), st.floats(0, 2_000)), max_size=40)


@given(TRIES)
def test_a_wait_is_bounded_grows_with_failures_and_ends_when_it_was_waited_out(
    tries: list[tuple[str, bool, float]],
) -> None:
    guard, now = Throttle(), 0.0
    for name, right, pause in tries:
        now += pause
        wait = guard.wait({name: 3}, now)
        assert 0 <= wait <= throttle.LONGEST_WAIT
        now += wait
        assert guard.wait({name: 3}, now) < 1e-6
        guard.failed({name: 3}, now)
        more = guard.wait({name: 3}, now)
        if right:
            guard.succeeded({name: 3})
            assert guard.wait({name: 3}, now) <= more
        assert guard.wait({"carl": 3}, now) == 0, "another's failures are not theirs"
