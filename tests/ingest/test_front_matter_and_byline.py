"""What a file says of itself above its text: front matter, and the lines under a headline."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.loaders import byline, frontmatter
from ingest.loaders.frontmatter import FrontMatter, iso_date

REST = "The bank raised its rate on Tuesday."


def front(*lines: str) -> FrontMatter:
    found, rest = frontmatter.take("\n".join(["---", *lines, "---", "", REST]))
    assert rest == REST
    return found


class TestFrontMatter:
    @pytest.mark.parametrize(
        ("line", "field", "value"),
        [
            ("title: Rates rise", "title", "Rates rise"),
            ("Headline: 'Rates: a rise'", "title", "Rates: a rise"),
            ("title: 1984", "title", "1984"),
            ("title: |\n  Rates\n  rise", "title", "Rates rise"),
            ("source: The Daily", "publisher", "The Daily"),
            ("author: Ann Lee", "authors", ("Ann Lee",)),
            ("authors: [Ann Lee, ' Bo  Li ']", "authors", ("Ann Lee", "Bo Li")),
            ("by: Ann Lee; Bo Li", "authors", ("Ann Lee", "Bo Li")),
            ("author: 7", "authors", ()),
            ("author: true", "authors", ()),
            ("author: null", "authors", ()),
            ("title: ~\nheadline: Rates rise", "title", "Rates rise"),
            ("title: !!str 1984", "title", "1984"),
            ("title: No", "title", "No"),
            ("lang: no", "language", "no"),
            ("title: 0x" + "f" * 4_000, "title", "0x" + "f" * 4_000),
            ("title: A\ndraft: !!bool maybe", "title", "A"),
            ("title: A\nx: !!int ''", "title", "A"),
            ("title: A\ndate: !!timestamp 2024-05-03", "published", "2024-05-03"),
            ("date: 20240503", "published", "2024-05-03"),
            ("date: 1001010101", "published", None),
            ("date: 2024-05", "published", None),
            ("authors: []", "authors", ()),
            ("date: 2024-05-03", "published", "2024-05-03"),
            ("date: 2024-05-03T10:20:30Z", "published", "2024-05-03"),
            ("published: 3 May 2024", "published", "2024-05-03"),
            ("date: soon", "published", None),
            ("lang: en-GB", "language", "en"),
            ("language: DE", "language", "de"),
            ("link: https://daily.test/a", "url", "https://daily.test/a"),
            ("url: javascript:alert(1)", "url", ""),
            ("url: [https://a.test]", "url", ""),
            ("title: {a: b}", "title", ""),
        ],
    )
    def test_one_field(self, line: str, field: str, value: object) -> None:
        assert getattr(front(line), field) == value

    def test_the_first_of_two_names_counts(self) -> None:
        assert front("title: One", "headline: Two").title == "One"

    def test_what_is_not_known_is_passed_over(self) -> None:
        assert front("tags: [a, b]", "draft: true") == FrontMatter()

    @pytest.mark.parametrize(
        "text",
        [
            REST,
            f"---\n{REST}\n---\n",
            "---\ntitle: never closed\n",
            f" ---\ntitle: indented\n---\n{REST}",
            f"---\ntitle: [unclosed\n---\n{REST}",
            f"---\n- a list\n---\n{REST}",
            f"---\n\n---\n{REST}",
            f"---\na: &x [1]\nb: *x\n---\n{REST}",
            f"---\ntitle: {'[' * 60}{']' * 60}\n---\n{REST}",
            f"---\ntitle: {'x' * 6_000}\n---\n{REST}",
            f"---\ntitle: !!python/object/apply:os.system ['true']\n---\n{REST}",
            f"---\ntitle: !mine A\n---\n{REST}",
            f"---\n{'? ' * 500}\n---\n{REST}",
        ],
    )
    def test_what_is_no_front_matter_stays_text(self, text: str) -> None:
        assert frontmatter.take(text) == (FrontMatter(), text)

    def test_three_dots_close_it_too(self) -> None:
        assert frontmatter.take(f"---\ntitle: A\n...\n{REST}") == (FrontMatter(title="A"), REST)

    def test_fields_without_a_value_are_front_matter_all_the_same(self) -> None:
        assert front("title:", "author: ''") == FrontMatter()

    @given(st.text(alphabet="ab:-[]{}&*!|>'\"\n \t#%@?1,", max_size=60))
    def test_any_block_is_taken_or_left(self, block: str) -> None:
        text = f"---\n{block}\n---\n{REST}"
        found, rest = frontmatter.take(text)
        assert text.endswith(rest)
        assert found == FrontMatter() or rest != text


class TestDates:
    @pytest.mark.parametrize(
        ("value", "day"),
        [
            ("2024-05-03", "2024-05-03"),
            ("2024-05-03T23:59:59+02:00", "2024-05-03"),
            ("Fri, 03 May 2024 10:00:00 GMT", "2024-05-03"),
            ("May 3rd, 2024", "2024-05-03"),
            (" 3 May 2024 ", "2024-05-03"),
            ("2024-13-45", None),
            ("31 February 2024", None),
            ("May", None),
            ("May 2024", None),
            ("2024", None),
            ("2024-05", None),
            ("3 May", None),
            ("29 February", None),
            ("Friday 10:30", None),
            ("20240503", "2024-05-03"),
            ("240503", None),
            ("03.05.2024", "2024-05-03"),
            ("3.5.24", "2024-05-03"),
            ("Fri 03.05.2024", "2024-05-03"),
            ("31.12.2024", "2024-12-31"),
            ("12.31.2024", None),
            ("2024.05.03", "2024-05-03"),
            ("03/05/2024", None),
            ("3-5-2024", None),
            ("03/05/2024 10:00", None),
            ("Friday, 3/5/2024", None),
            ("1/2/3", None),
            ("05/05/2024", "2024-05-05"),
            ("13/05/2024", "2024-05-13"),
            ("05/13/2024", "2024-05-13"),
            ("2024/05/03", "2024-05-03"),
            ("3. May 2024", "2024-05-03"),
            ("", None),
            ("9" * 500, None),
            (None, None),
            (20240503, None),
            (["2024-05-03"], None),
        ],
    )
    def test_days(self, value: object, day: str | None) -> None:
        assert iso_date(value) == day

    @given(st.text(alphabet="0123456789-/:. TZMayapril+", max_size=30))
    def test_any_string_is_a_day_or_none(self, value: str) -> None:
        found = iso_date(value)
        assert found is None or len(found) == 10


class TestBylines:
    @pytest.mark.parametrize(
        ("lines", "authors", "published"),
        [
            ("By Ann Lee", ("Ann Lee",), None),
            ("BY ANN LEE AND BO LI", ("ANN LEE", "BO LI"), None),
            ("By Ann Lee, Bo Li & Cy Oh", ("Ann Lee", "Bo Li", "Cy Oh"), None),
            ("by: Jean-Luc d'Arc", ("Jean-Luc d'Arc",), None),
            ("By Łukasz Żak\n3 May 2024", ("Łukasz Żak",), "2024-05-03"),
            ("Updated on Friday, 3 May 2024", (), "2024-05-03"),
            ("Posted: May 3, 2024\nBy Ann Lee", ("Ann Lee",), "2024-05-03"),
            ("By Simone de Beauvoir and Jan van der Meer", ("Simone de Beauvoir", "Jan van der Meer"), None),
            ("By Ann Lee Jr.", ("Ann Lee Jr.",), None),
            ("By Reuters staff", ("Reuters staff",), None),
            ("By Ann Lee, science correspondent", ("Ann Lee",), None),
            ("By Ann Lee and Bo Li, Editor", ("Ann Lee", "Bo Li"), None),
        ],
    )
    def test_taken(self, lines: str, authors: tuple[str, ...], published: str | None) -> None:
        found, rest = byline.take(f"{lines}\n\n{REST}")
        assert (found.authors, found.published, rest) == (authors, published, REST)

    @pytest.mark.parametrize(
        "first",
        [
            "By Tuesday the bank had raised its rate again, and nobody was surprised by what it said.",
            "By Ann Lee\nThe bank raised its rate.",
            "By Ann Lee\n3 May 2024\nLondon\nToday",
            "May 3 was the day.",
            "Bystanders saw it",
            "By Tuesday evening the town was without power.",
            "By then Ann Lee, Bo Li and Cy Oh had left",
            "By Ann Lee, science correspondent.",
            "By the Thames",
            "Room 12, 2024",
        ],
    )
    def test_left(self, first: str) -> None:
        text = f"{first}\n\n{REST}"
        assert byline.take(text) == (FrontMatter(), text)

    def test_a_byline_with_nothing_below_it_is_the_text(self) -> None:
        assert byline.take("By Ann Lee") == (FrontMatter(), "By Ann Lee")

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("HOLLIN CROSS, 14 May 2026 - A driver", "2026-05-14"),
            ("New York, May 14, 2026 — A driver", "2026-05-14"),
            ("Hollin Cross, 14 May 2026 was warm", None),
            ("hollin cross, 14 May 2026 - A driver", None),
            ("Hollin Cross, soon - A driver", None),
            ("", None),
        ],
    )
    def test_datelines(self, text: str, day: str | None) -> None:
        assert byline.dateline(text) == day

    @pytest.mark.parametrize(
        "line", ["by " + "a" * 3_000 + "!", "by " + "a " * 3_000, "by " + "a," * 3_000, "by " + "a and " * 2_000 + "!"]
    )
    def test_torture_ends_at_once(self, line: str) -> None:
        started = time.perf_counter()
        assert byline.take(f"{line}\n\n{REST}")[0] == FrontMatter()
        assert time.perf_counter() - started < 1
