"""Images of ads in the platform's file store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from lyceum.advertising.ports import CheckedImage
from lyceum.platform.files import MIB, Files, new_key
from lyceum.platform.uploads import PendingFiles, Uploads

LIMIT = 10 * MIB
ENDINGS = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class FileLinksOfImages:
    """`ports.ImageLinks`."""

    files: Files

    def link(self, key: str, title: str) -> str:
        ending = key.partition("/")[0].removeprefix("ads-")
        return self.files.link(key, f"{title[:80]}.{ending}", f"image/{ending}")


@dataclass(frozen=True, slots=True)
class FileImages:
    """`ports.ImageStore`. The key says which type the image is of."""

    files: Files
    uploads: Uploads
    pending: PendingFiles

    async def put(self, image: CheckedImage) -> str:
        key = new_key(f"ads-{ENDINGS[image.mime]}")
        await self.uploads.expect([key])

        async def content() -> AsyncIterator[bytes]:
            yield image.content

        await self.files.put(key, content(), LIMIT)
        return key

    async def keep(self, key: str) -> None:
        await self.pending.keep([key])

    async def drop(self, key: str) -> None:
        await self.pending.drop([key])

    def link(self, key: str, title: str) -> str:
        return FileLinksOfImages(self.files).link(key, title)
