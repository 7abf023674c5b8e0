"""A process of its own that asks for an ad for each of some clients at once: URL, then the clients' ids.

Prints how many it was shown.
"""

import asyncio
import sys
from uuid import UUID

from lyceum.advertising.domain.ids import ClientId
from lyceum.advertising.ports import Shown
from lyceum.platform.database import Database
from tests.advertising.desks import a_desk


async def main(url: str, ids: list[str]) -> int:
    database = Database.connect(url, pool_size=4)
    desk = a_desk(database)
    answers = await asyncio.gather(*[desk.show(ClientId(UUID(id))) for id in ids], return_exceptions=True)
    await database.close()
    faults = [answer for answer in answers if isinstance(answer, Exception) and "There is no ad" not in str(answer)]
    if faults:
        raise faults[0]
    return sum(isinstance(answer, Shown) for answer in answers)


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1], sys.argv[2:])))  # noqa: T201
