"""An OpenAPI document -> a page that describes it: no script, nothing from elsewhere. Pure; all text is escaped."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ui.markup import tag, text

_HEAD = """<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Footnote: the API</title>"""
_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d8d8d2, #44474c); --soft: light-dark(#f5f5f1, #23262b);
  --link: light-dark(#0b57a4, #8ab8f0); --quiet: light-dark(#5b5f66, #a6abb3); }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
a { color: var(--link); } nav ul, .answers { list-style: none; padding: 0; margin: 0; }
code, pre { font: .875em/1.5 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; border-radius: .4rem; overflow-x: auto; margin: .5rem 0; }
section { border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; margin: 0 0 1rem; }
section h3 { font: 600 1rem/1.4 ui-monospace, monospace; margin: 0 0 .4rem; overflow-wrap: anywhere; }
section p { margin: .3rem 0; } h4 { margin: .9rem 0 .2rem; font-size: .85rem; color: var(--quiet); }
.method { display: inline-block; min-width: 4.2em; color: var(--quiet); }
dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .25rem 1rem; margin: 0; }
dt { overflow-wrap: anywhere; } dd { margin: 0; } .type { color: var(--quiet); }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .5rem; } }
"""


def page(document: dict[str, Any]) -> str:
    """The whole HTML page."""
    info, base = document["info"], document["servers"][0]["url"]
    operations = list(_operations(document))
    parts = [
        tag("h1", f"{text(info['title'])}: the API"),
        tag("p", _prose(info["description"])),
        tag("p", f"For programs: {tag('a', 'openapi.json', href=f'{base}/openapi.json')}."),
        tag("nav", tag("ul", "".join(_entry(method, path) for method, path, _ in operations)), aria_label="Operations"),
        tag("h2", "Operations"),
        *(_operation(base, *one) for one in operations),
        tag("h2", "Documents"),
        *(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
    ]
    body = tag("body", tag("main", "".join(parts)))
    return f'<!doctype html><html lang="en"><head>{_HEAD}{tag("style", _STYLE)}</head>{body}</html>'


# --------------------------------------------------------------------------------------------------


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _anchor(method: str, path: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in f"{method.lower()}{path}").strip("-")


def _entry(method: str, path: str) -> str:
    link = tag("a", text(path), href=f"#{_anchor(method, path)}")
    return tag("li", tag("code", tag("span", method, cls="method") + link))


def _operation(base: str, method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        tag("h3", f"{tag('span', method, cls='method')}{text(base + path)}"),
        tag("p", _prose(operation.get("description", ""))),
        _parameters(operation.get("parameters", [])),
        _body(operation.get("requestBody", {})),
        tag("h4", "Answers"),
        tag("ul", "".join(_answer(*one) for one in operation["responses"].items()), cls="answers"),
    ]
    return tag("section", "".join(parts), id=_anchor(method, path))


def _parameters(given: list[dict[str, Any]]) -> str:
    if not given:
        return ""
    rows = [
        _row(one["name"], one["schema"], one.get("description", ""), required=one.get("required", False))
        for one in given
    ]
    return tag("h4", "Parameters") + tag("dl", "".join(rows))


def _body(given: dict[str, Any]) -> str:
    kinds = [f"{tag('code', text(kind))} {_type(one['schema'])}" for kind, one in _kinds(given)]
    return tag("h4", "Body") + tag("p", ", ".join(kinds)) if kinds else ""


def _answer(status: str, answer: dict[str, Any]) -> str:
    content = [f" {tag('code', text(kind))} {_type(one['schema'])}{_example(one)}" for kind, one in _kinds(answer)]
    name = "error" if status == "default" else status
    return tag("li", f"{tag('code', text(name))} {_prose(answer['description'])}{''.join(content)}")


def _kinds(given: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Media types with what is sent in them."""
    return given.get("content", {}).items()  # type: ignore[no-any-return]


def _example(content: dict[str, Any]) -> str:
    return tag("pre", text(content["example"].strip())) if "example" in content else ""


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        _row(key, one, one.get("description", ""), required=key in required)
        for key, one in schema.get("properties", {}).items()
    ]
    described = tag("p", _prose(schema["description"])) if "description" in schema else ""
    return tag("section", tag("h3", text(name)) + described + tag("dl", "".join(rows)), id=f"schema-{name}")


def _row(name: str, schema: dict[str, Any], description: str, *, required: bool) -> str:
    kind = _type(schema) + ("" if required else tag("span", ", may be left out", cls="type"))
    return tag("dt", tag("code", text(name))) + tag("dd", f"{kind} {_prose(description)}".strip())


def _type(schema: dict[str, Any]) -> str:
    """In words, with a link where the schema has a name."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return tag("a", text(name), href=f"#schema-{name}")
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"{tag('span', 'list of', cls='type')} {_type(schema.get('items', {}))}"
    kind = schema.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    return tag("span", text(words + "".join(_bounds(schema))), cls="type")


def _bounds(schema: dict[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield f" ({', '.join(map(str, schema['enum']))})"
    if "const" in schema:
        yield f" ({json.dumps(schema['const'])})"
    low, high = schema.get("minimum"), schema.get("maximum")
    if high is not None and high < 2**62:
        yield f", {low or 0} to {high:,}"
    if "maxLength" in schema:
        yield f", at most {schema['maxLength']:,} characters"


def _prose(words: str) -> str:
    """Escaped; what stands between back-quotes is code."""
    pieces = text(words).split("`")
    return "".join(tag("code", piece) if i % 2 else piece for i, piece in enumerate(pieces))
