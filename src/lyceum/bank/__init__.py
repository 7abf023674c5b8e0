"""Bank: what is asked and what counts as right.

Words: question, kind, version, score rule, subject, topic, exam profile, find code, pack, attachment, import, export.
Refuses: a question that nobody could answer, a file that is not what its name says, an edit over an unseen version.
"""
