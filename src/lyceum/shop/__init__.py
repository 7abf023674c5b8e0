"""The shop: what somebody may use beyond what is free.

It decides who is entitled to what and until when. Words: entitlement, feature.
"""
