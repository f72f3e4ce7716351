"""The links between the pages of the page. Which one is shown is the browser's business: the address's #name.

A page called NAME is the part with the id fn-NAME-page (the chat's is fn-page), shown by a rule in style.css. Its
script hears of being shown through the event "fn-page", whose detail is the name.
"""

from typing import Any

from ui.events import scripts

PAGES = (("chat", "Chat"), ("library", "Library"), ("evals", "Evals"))


def links(gr: Any) -> None:
    """Puts the links where it is called. Output only."""
    made = "".join(f'<a href="#{name}">{title}</a>' for name, title in PAGES)
    nav = f'<nav aria-label="Pages">{made}</nav>'
    gr.HTML(nav, elem_id="fn-nav", apply_default_css=False, js_on_load=scripts("navigation.js"))
