import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.domain import Turn
from qa.rewriter import refers_back, rewrite

BLAIR = Turn("What did Tony Blair promise in Brighton?", "He promised new schools.")


@pytest.mark.parametrize(
    "question",
    [
        "When did he say so?",
        "when did he say so",
        "Why did she resign?",
        "How much did it cost?",
        "What did they decide?",
        "Who is his deputy?",
        "When did he meet Jacques Chirac?",
        "What caused that?",
        "Why?",
        "How many?",
        "And in 2004?",
        "What about Gordon Brown?",
        "Who lives there?",
        "Was that decision final?",
        "What will it cost?",
        "What did the other say?",
        "Which of them did he meet?",
        "What happened to its shares?",
    ],
)
def test_refers_back(question: str) -> None:
    assert refers_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "When did Blair say he would resign?",
        "when did blair say he would resign",
        "Who won the Booker prize that year's jury chose?",
        "Is it true that Shell overstated reserves?",
        "How long does it take to build a bridge?",
        "What will it cost to put the crossing right?",
        "How long would it take the county to mend a bridge?",
        "Are there any plans for a tram in Leeds?",
        "Which company that makes phones lost money?",
        "Which firm sold this year's most popular game?",
        "What is inflation?",
        "Shell reserves",
        "Does Juninho's agent reckon he will leave?",
        "Who is the former prime minister of Italy?",
        "What did the other candidates say about Iraq?",
        "Which company cut its profit forecast?",
        "How many clubs sacked their manager?",
    ],
)
def test_stands_alone(question: str) -> None:
    assert not refers_back(question)


def test_carries_the_name_over() -> None:
    assert rewrite("When did he say so?", [BLAIR]) == "When did he say so? (Tony Blair, Brighton)"


def test_a_question_that_stands_alone_is_unchanged() -> None:
    assert rewrite("Who runs Shell?", [BLAIR]) == "Who runs Shell?"


def test_without_turns_nothing_is_carried() -> None:
    assert rewrite("When did he say so?") == "When did he say so?"


def test_the_nearest_turn_with_a_subject_counts() -> None:
    turns = [BLAIR, Turn("Why?", "Because.")]
    assert rewrite("And when was it?", turns) == "And when was it? (Tony Blair, Brighton)"


@pytest.mark.parametrize(
    ("second", "third", "subject"),
    [
        ("When was he born?", "Where?", "Tony Blair"),
        ("When was he born?", "And where did he study?", "Tony Blair"),
        ("Why did he leave Labour?", "When did he resign?", "Labour, Tony Blair"),
        ("And Gordon Brown?", "Where was he born?", "Gordon Brown"),
    ],
)
def test_a_follow_up_to_a_follow_up_has_its_subject(second: str, third: str, subject: str) -> None:
    turns = [Turn("Who is Tony Blair?", "The prime minister."), Turn(second, "")]
    assert rewrite(third, turns) == f"{third} ({subject})"


def test_in_lower_case_it_has_the_words_that_were_carried() -> None:
    turns = [Turn("who is tony blair", ""), Turn("when was he born", "")]
    assert rewrite("where did he study", turns) == "where did he study (tony blair)"


def test_lower_case_questions_carry_their_weighty_words() -> None:
    assert rewrite("why did it fall", [Turn("what happened to the dollar", "")]) == "why did it fall (dollar)"


def test_another_name_takes_the_place_of_the_first() -> None:
    asked = Turn("How much did Arsenal pay for the stadium?", "")
    assert rewrite("What about Chelsea?", [asked]) == "What about Chelsea? (pay stadium)"


def test_turns_without_any_subject_change_nothing() -> None:
    assert rewrite("Why?", [Turn("How?", ""), Turn("And?", "")]) == "Why?"


@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_is_rewritten_without_losing_the_question(question: str, earlier: list[str]) -> None:
    assert rewrite(question, [Turn(text, "") for text in earlier]).startswith(question.rstrip())
