"""The sign-in page: a whole document of its own, since nothing of Gradio's may reach who has not signed in."""

from pathlib import Path

from ui.markup import tag, text

HERE = Path(__file__).parent


def page(onward: str, *, message: str = "", name: str = "") -> str:
    """`onward` is where to go afterwards; `message` says why the last try was refused."""
    said = tag("p", text(message), cls="wrong", role="alert", id="wrong") if message else ""
    wrong = ' aria-describedby="wrong" aria-invalid="true"' if message else ""
    first, second = ("", " autofocus") if name else (" autofocus", "")
    form = f"""<form method="post" action="/sign-in">{said}
<label for="name">Name</label>
<input id="name" name="name" value="{text(name)}" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="64" required{first}{wrong}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 maxlength="200" required{second}{wrong}>
<input type="hidden" name="onward" value="{text(onward)}">
<button type="submit">Sign in</button></form>"""
    return _document("Sign in · Footnote", f"<main><h1>Footnote</h1>{form}</main>")


def again(onward: str) -> str:
    """Loads the address once more, from here: a browser keeps its cookie back when another site's link led to it."""
    refresh = f'<meta http-equiv="refresh" content="0;url={text(onward)}">'
    return _document("Footnote", f'<main><p><a href="{text(onward)}">Open Footnote</a></p></main>', refresh)


def _document(title: str, body: str, head: str = "") -> str:
    style = (HERE / "sign_in.css").read_text(encoding="utf-8")
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
{head}<style>{style}</style></head><body>{body}</body></html>"""
