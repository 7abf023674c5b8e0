"""QTI 2.1, 2.2 and 3.0: items and packages of them, read into drafts, and drafts written as packages of version 3.0.

An item's own scoring is run, not guessed at: `interpreter` computes what responses earn, and a rule of ours is taken
only if it gives the same points for all responses that are tried. What has no equal here is graded by people, and keeps
its source.
"""
