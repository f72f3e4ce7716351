"""Measuring an answerer. Read in this order:

cases      one question with its gold sentences        datasets   files -> cases, and articles where they bring some
gold       gold quotes -> places in the library        runner     case -> answerer -> Record, what happened
ranking    where the gold stood (ir-measures)          metrics    one record -> its scores
summary    records -> figures with intervals           report     figures -> JSON, terminal, HTML
"""
