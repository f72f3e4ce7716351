"""Footnote's faces, the page and the command line: event -> library or answerer -> what is shown."""
