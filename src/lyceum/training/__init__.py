"""Training: what a learner is asked next and how far they are.

Words: training, attempt, answer, verdict, skip, hint, rating, streak, progress, history, mistake.
Refuses: a second active training of a mode, a different answer to an answered attempt, another's training.
"""
