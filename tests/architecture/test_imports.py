"""The import contracts hold, and each of them notices when it is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract id -> (file of a copied tree, the import that breaks the contract there)
BREACHES = {
    "layers": ("bank/domain/content.py", "import lyceum.bank.adapters.http"),
    "doors": ("training/adapters/http.py", "import lyceum.bank.adapters.tables"),
    "pure-domain": ("bank/domain/content.py", "import sqlalchemy"),
    "frameworks-outside": ("training/ports.py", "import litestar"),
    "floors": ("platform/settings.py", "import lyceum.accounts.api"),
    "no-cycles": ("bank/api.py", "import lyceum.training.ports"),
}


def lint(source: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())",
        "--config",
        str(ROOT / "pyproject.toml"),
        "--no-cache",
    ]
    if contract:
        command += ["--contract", contract]
    environment = os.environ | {"PYTHONPATH": str(source)}
    return subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)


def test_the_import_contracts_hold() -> None:
    result = lint(ROOT / "src")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-1000:]


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_of_each_contract_is_noticed(contract: str, tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "src" / "lyceum", tmp_path / "lyceum", ignore=shutil.ignore_patterns("static", "*.png", "__pycache__")
    )
    file, line = BREACHES[contract]
    target = tmp_path / "lyceum" / file
    target.write_text(f"{line}\n{target.read_text(encoding='utf-8')}", encoding="utf-8")
    result = lint(tmp_path, contract)
    assert result.returncode == 1, result.stdout[-3000:] + result.stderr[-1000:]
    assert "BROKEN" in result.stdout
