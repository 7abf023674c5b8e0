"""A process of its own that asks for an ad, or reports a click, for each of some clients at once.

Arguments: URL, the guard that is off ("none": all are on), "show" or the id of the campaign to click, then the clients'
ids. Prints how many it was shown, or how many clicks were taken.
"""

import asyncio
import sys
from uuid import UUID

from lyceum.advertising.domain.ids import CampaignId, ClientId
from lyceum.platform.database import Database
from tests.advertising.desks import a_desk
from tests.advertising.guards import take_off


async def main(url: str, what: str, ids: list[str]) -> int:
    database = Database.connect(url, pool_size=4)
    desk = a_desk(database)
    clients = [ClientId(UUID(id)) for id in ids]
    calls = [desk.show(id) if what == "show" else desk.click(id, CampaignId(UUID(what))) for id in clients]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    await database.close()
    faults = [answer for answer in answers if isinstance(answer, Exception)]
    if unknown := [fault for fault in faults if "There is no ad" not in str(fault)]:
        raise unknown[0]
    return len(answers) - len(faults)


if __name__ == "__main__":
    take_off(sys.argv[2], setattr)
    print(asyncio.run(main(sys.argv[1], sys.argv[3], sys.argv[4:])))  # noqa: T201
