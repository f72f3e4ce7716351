"""Questions in, footnoted answers out.

Read in this order: `domain` (the nouns), `answerer` (one line a step), then each step it names: `rewriter`,
`retriever` (`terms`, `fusion`), `reader` (`features`), `probability` (`confidence`), `evidence`, `composer`, or with a
chat model `fluent` (`prompt`, `generator`, `citation`, `support`). Below them `library` keeps `catalog` (the truth) and
`index` (made from it) in step, with vectors from `embedder` and sentences from `sentences`.
`bootstrap` wires everything; `contract` turns a reply into JSON; `why` says where an article fell out.
"""
