"""Links that open one file for a while: the token in the path is the right to it, and nothing else is asked."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from lyceum.kernel.errors import Forbidden
from lyceum.kernel.ports import Clock
from lyceum.platform.files import safe_name
from lyceum.platform.http_errors import Gone

SIGNATURE = 18
SHOWN = ("image/", "audio/", "video/", "application/pdf")
"""Types that a browser shows in place; anything else is saved to disk, so that no upload becomes a page of ours."""


class LinkForged(Forbidden):
    code = "lyceum.link_forged"
    text = "This link to a file was changed or cut short. Open the page it came from again."


class LinkExpired(Gone):
    code = "lyceum.link_expired"
    text = "This link to a file has run out. Open the page it came from again to get a fresh one."


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """What a token says: until when (Unix seconds), which file, as what."""

    expires: int
    key: str
    mime: str
    download: bool


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Makes and reads the links; `seconds` is how long one holds when nothing else is asked."""

    secret: str
    clock: Clock
    seconds: int = 3600

    def make(self, key: str, name: str, mime: str, seconds: int | None = None, *, download: bool = False) -> str:
        """`/files/TOKEN/NAME`, valid for `seconds` and up to a quarter longer.

        The end is rounded up, so that a page seen again asks for the same links and the browser's cache answers.
        """
        lasts = self.seconds if seconds is None else seconds
        step = max(1, lasts // 4)
        expires = (int(self.clock.now().timestamp()) // step + 1) * step + lasts
        shown = safe_name(name)
        payload = msgspec.json.encode(Claims(expires, key, mime, download))
        token = urlsafe_b64encode(self._sign(payload, shown) + payload).rstrip(b"=").decode()
        return f"/files/{token}/{quote(shown, safe='')}"

    def read(self, token: str, name: str) -> Claims:
        """What the token allows for the file shown as `name`; LinkForged, LinkExpired."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError as error:
            raise LinkForged from error
        signature, payload = raw[:SIGNATURE], raw[SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(payload, name)):
            raise LinkForged
        claims = msgspec.json.decode(payload, type=Claims)
        if claims.expires < self.clock.now().timestamp():
            raise LinkExpired
        return claims

    def seconds_left(self, claims: Claims) -> int:
        return max(0, claims.expires - int(self.clock.now().timestamp()))

    def _sign(self, payload: bytes, name: str) -> bytes:
        key = hashlib.sha256(b"lyceum.files.links:" + self.secret.encode()).digest()
        return hmac.digest(key, payload + b"\0" + name.encode(), "sha256")[:SIGNATURE]


def disposition(name: str, mime: str, *, download: bool) -> str:
    """`Content-Disposition`: shown in place where that is harmless, under its own name in any alphabet (RFC 6266)."""
    way = "inline" if mime.startswith(SHOWN) and "svg" not in mime and not download else "attachment"
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
