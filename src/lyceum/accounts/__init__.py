"""Accounts: who somebody is and what they may do.

Words: user, guest, role (learner, author, sponsor, operator), session, refresh token family, API key, scope, profile.
Refuses: a wrong password, a reused refresh token (and then the whole family), a role that the caller has not got.
"""
