"""Training of the reader: examples with hard negatives (examples), what is drawn of them (sampling), the loss, the
measure; `evals.train_reader` puts them together."""
