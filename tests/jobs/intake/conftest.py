"""The intake without a broker."""

from dataclasses import replace

import pytest

from lyceum.platform.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Few connections: a server has a hundred, for all test processes together."""
    return replace(settings, task_slots=0, database_pool=6)
