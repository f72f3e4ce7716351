"""What the pages' parts are wired with. What a browser's event carries is untrusted and of any shape."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any

from qa.errors import UsageError
from ui.caller import caller_of, calling, steps, user_of

HERE = Path(__file__).parent
QUIET = {"api_visibility": "private", "show_progress": "hidden"}
"""For every event: no entry in Gradio's own API, no overlay over what is shown."""


def given(gr: Any, handler: Callable[..., Any]) -> Callable[..., Any]:
    """`handler` as Gradio calls it, done for who asks: first what the browser's event carries, then inputs."""

    def all_of_it(request: gr.Request, event: gr.EventData, *inputs: Any) -> Iterator[Any]:
        yield from steps(caller_of(request), handler(event._data, *inputs))

    def step(request: gr.Request, event: gr.EventData, *inputs: Any) -> Any:
        with calling(caller_of(request)):
            return handler(event._data, *inputs)

    return all_of_it if isgeneratorfunction(handler) else step


def by_user(gr: Any, handler: Callable[..., Any], *, event: bool = False) -> Callable[..., Any]:
    """`handler` as Gradio calls it: first the user, then (`event`) what the browser says, untrusted, then inputs."""

    def plain(request: gr.Request, *inputs: Any) -> Any:
        with calling(caller_of(request)):
            return handler(user_of(request), *inputs)

    def told(request: gr.Request, given: gr.EventData, *inputs: Any) -> Any:
        with calling(caller_of(request)):
            return handler(user_of(request), given._data, *inputs)

    def plain_steps(request: gr.Request, *inputs: Any) -> Iterator[Any]:
        yield from steps(caller_of(request), handler(user_of(request), *inputs))

    def told_steps(request: gr.Request, given: gr.EventData, *inputs: Any) -> Iterator[Any]:
        yield from steps(caller_of(request), handler(user_of(request), given._data, *inputs))

    if isgeneratorfunction(handler):
        return told_steps if event else plain_steps
    return told if event else plain


def index_of(event: object, among: Sequence[object]) -> int | None:
    """The index that an event names, where there is something at it."""
    index = event.get("index") if isinstance(event, dict) else None
    return index if isinstance(index, int) and 0 <= index < len(among) else None


def article_id(event: object) -> int:
    """What an event names as an article's id. Raises UsageError for what can be none."""
    given = event.get("id") if isinstance(event, Mapping) else None
    if isinstance(given, int) and 0 <= given < 2**62:
        return given
    raise UsageError("There is no such article.", "Load the page again.")


def html(gr: Any, name: str, value: Any = "", script: str | None = None, template: str = "${value}") -> Any:
    """Output only. The template is only ever filled through `${value}`: Gradio would run code inside `{{value}}`."""
    return gr.HTML(value, elem_id=name, html_template=template, js_on_load=script, apply_default_css=False)


def scripts(*names: str) -> str:
    """Files beside this one as one script: the later ones use what the earlier ones hold."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)
