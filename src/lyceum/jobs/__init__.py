"""Jobs decide when background work runs, who runs it and what became of it; the database is the truth.

They refuse a task of an unknown kind, a payload that its kind cannot use and a move that the state machine does not
have. Words: task, kind, worker, claim, lease, heartbeat, attempt, progress.
"""
