"""Advertising: which sponsor's ad a client sees, what each showing and click costs, and what a campaign has had so far.

Words: client (who is shown ads), advertiser, campaign, targeting, impression, click, score (relevance of an advertiser
to a client), pacing. Refuses what would count a pair twice, overrun a limit, or change a price that was paid.
"""
