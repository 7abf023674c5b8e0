"""Typed identifiers of advertising. Those of clients and advertisers come from the caller, any UUID will do."""

from typing import NewType
from uuid import UUID

ClientId = NewType("ClientId", UUID)
AdvertiserId = NewType("AdvertiserId", UUID)
CampaignId = NewType("CampaignId", UUID)
