"""Measuring an answerer. Read in this order:

cases      one question with its gold sentences        datasets   files -> cases, and articles where they bring some
gold       gold quotes -> places in the library        runner     case -> answerer -> Record, what happened
ranking    where the gold stood (ir-measures)          metrics    one record -> its scores
figures    records -> figures with intervals           report     figures -> JSON, terminal, HTML
evaluate   the whole of it for one data set            background the same in a thread, for the page
drafts     articles -> cases that wait for a word      case_store what somebody said of them
judge      record -> what a chat model thinks of it    runs       what is kept of an evaluation
purged     what of it goes with an article
"""
