"""Articles come in. Read `pipeline` first, then `sources`, `loaders`, `passages`."""
