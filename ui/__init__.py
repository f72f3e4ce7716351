"""Footnote's faces: event -> library or answerer -> what is shown.

Read in this order: `cli` (every command), `server` (what `footnote serve` is made of), `app` with `chat` and `render`
(the page), then `library_page`, `evals_page` and `sidebar` in the same way; `api` and `mcp_server` for programs;
`guard` and `sign_in` for what stands in front.
"""
