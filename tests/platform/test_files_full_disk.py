"""A disk that fills up in the middle of an upload: refused as such, and nothing of the file is left."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lyceum.platform.files import MIB

ON_A_SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount"]
UPLOAD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from lyceum.platform.file_links import FileLinks
from lyceum.platform.file_store import open_files
from lyceum.platform.files import new_key
from lyceum.platform.http_errors import NoSpace, status_of
from lyceum.platform.settings import Settings

class Clock:
    def now(self):
        return datetime.now(UTC)

async def chunks(size):
    for _ in range(size // 65536):
        yield bytes(65536)

async def main(folder, sizes):
    files = open_files(Settings(data_dir=folder), FileLinks("secret", Clock()))
    for size in sizes:
        try:
            await files.put(new_key("tests"), chunks(size), limit=10**9)
        except NoSpace as refusal:
            print("refused", status_of(refusal))
    print("left", [path.name for path in folder.rglob("*") if path.is_file()])
    await files.put(new_key("tests"), chunks(65536), limit=10**9)
    print("goes on")

asyncio.run(main(Path(sys.argv[1]), [int(size) for size in sys.argv[2:]]))
"""


@pytest.mark.parametrize("size", [3 * MIB, 30 * MIB])
def test_a_full_disk_is_507_and_leaves_nothing(tmp_path: Path, size: int) -> None:
    if shutil.which("unshare") is None or subprocess.run([*ON_A_SMALL_DISK, "true"], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here: user namespaces are off")
    folder = tmp_path / "disk"
    folder.mkdir()
    script = tmp_path / "upload.py"
    script.write_text(UPLOAD)
    shell = f'mount -t tmpfs -o size=2m tmpfs "{folder}" && exec "{sys.executable}" "{script}" "{folder}" {size} {size}'
    done = subprocess.run(
        [*ON_A_SMALL_DISK, "sh", "-c", shell], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["refused 507", "refused 507", "left []", "goes on"], done.stderr[-2000:]
