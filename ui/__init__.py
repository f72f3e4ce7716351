"""Footnote's faces: the page in the browser and the command line. Handlers only: event -> library or answerer -> render."""
