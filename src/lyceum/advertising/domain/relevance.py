"""How much an advertiser matters to a learner: the share of what they train that the ads are about."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from lyceum.advertising.domain.ids import AdvertiserId

HIGHEST = 1000
"""The score of an advertiser whose ads are about all that a learner trains."""
MOST = 100
"""Advertisers who get a score for one learner, those that matter most."""

type Names = Mapping[str, Sequence[frozenset[str]]]
"""Of each subject its names, each as the stems of its words."""

_BEFORE_DETAILS = re.compile(r"[,(:]")


def short_name(title: str) -> str:
    """What a subject is called in passing: its title up to the first detail, `Mathematics, profile level`."""
    return _BEFORE_DETAILS.split(title, maxsplit=1)[0].strip()


def subjects_in(stems: Set[str], names: Names) -> frozenset[str]:
    """The subjects one of whose names stands in a text, every word of it, in any form and order."""
    return frozenset(subject for subject, known in names.items() if any(name and name <= stems for name in known))


def by_subjects(addressed: Mapping[AdvertiserId, frozenset[str]]) -> Mapping[frozenset[str], Sequence[AdvertiserId]]:
    """Advertisers whose ads are about the same subjects together, in the order of their ids."""
    together: defaultdict[frozenset[str], list[AdvertiserId]] = defaultdict(list)
    for advertiser in sorted(addressed):
        if addressed[advertiser]:
            together[addressed[advertiser]].append(advertiser)
    return together


def scores_of(
    trained: Mapping[str, float], together: Mapping[frozenset[str], Sequence[AdvertiserId]], most: int = MOST
) -> dict[AdvertiserId, int]:
    """The advertisers that matter to somebody who trains so much of each subject, those that matter most first. Whom
    nothing speaks for has no score, which is less than any."""
    whole = sum(trained.values())
    if whole <= 0:
        return {}
    shares = {subjects: sum(trained.get(it, 0.0) for it in subjects) / whole for subjects in together}
    found: dict[AdvertiserId, int] = {}
    for subjects in sorted(shares, key=lambda it: (-shares[it], sorted(it))):
        score = round(HIGHEST * shares[subjects])
        found |= _up_to(most - len(found), together[subjects], score)
    return found


def _up_to(number: int, advertisers: Iterable[AdvertiserId], score: int) -> dict[AdvertiserId, int]:
    return dict.fromkeys(list(advertisers)[: max(0, number)], score) if score > 0 else {}
