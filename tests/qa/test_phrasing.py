"""What of a question is looked for, and which questions name nothing."""

import pytest

from qa import phrasing

CONTEXT = (
    "I read that the tramways ran an emergency timetable for weeks because of the strike that nobody had foreseen, "
)
CONTEXT += "and that the managing director said that it would be over soon though he could not promise it at any time."


@pytest.mark.parametrize(
    ("question", "sought"),
    [
        ("Can you tell me who won?", "who won?"),
        ("Please, could you tell us when it ends?", "when it ends?"),
        ("tell me, what does it cost", "what does it cost"),
        ("Do you know how it ended?", "how it ended?"),
        ("I'd like to know which firm it was.", "which firm it was."),
        ("Could you list the winners?", "Could you list the winners?"),
        ("Do you know the mayor?", "Do you know the mayor?"),
        ("Who won?", "Who won?"),
        ("", ""),
    ],
)
def test_a_polite_lead_in_is_left_out(question: str, sought: str) -> None:
    assert phrasing.bare(question) == sought


def test_of_a_question_behind_long_context_the_last_sentence_is_asked() -> None:
    assert phrasing.asked(f"{CONTEXT} On which days will they not run?") == "On which days will they not run?"
    carried = "On which days? (Elvern Tramways)"
    assert phrasing.asked(f"{CONTEXT} {carried}") == carried
    assert phrasing.asked("It rained. Who won?") == "It rained. Who won?"
    assert phrasing.asked(CONTEXT) == CONTEXT


@pytest.mark.parametrize(
    "question", ["why not?", "Tell me", "How much is it?", "Who said that?", "more", "I", "?", "the"]
)
def test_nothing_is_named(question: str) -> None:
    assert phrasing.names_nothing(question)


@pytest.mark.parametrize(
    "question", ["Who leads the WHO?", "Who are Take That?", "ещё", "the bridge", "Is it the US?", "12"]
)
def test_something_is_named(question: str) -> None:
    assert not phrasing.names_nothing(question)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The council closed the bridge, and it will be open in June for all of them.", False),
        (
            "Der Stadtrat hat die Sanierung der Brücke beschlossen, und sie wird im Juni wieder für den Verkehr frei.",
            True,
        ),
        ("Городской совет одобрил ремонт моста.", True),
        ("وافق مجلس المدينة", True),
        ("OK", False),
        ("", False),
    ],
)
def test_another_language_than_english_is_heard(text: str, said: bool) -> None:
    assert phrasing.foreign(text) == said
