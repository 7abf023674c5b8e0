# Seven verbs; CI runs the same, and of the crash experiments the short forms.
.PHONY: setup dev test check fix e2e chaos

setup:  ## install everything that development needs
	uv sync
	uv run pre-commit install

dev:  ## the product with demo content on http://127.0.0.1:8000
	uv run lyceum serve --demo

test:  ## all tests that this machine can run
	uv run pytest

check:  ## format, lint, types, import contracts
	uv run ruff format --check .
	uv run ruff check .
	uv run mypy
	uv run lint-imports

fix:  ## let the tools mend what they can
	uv run ruff format .
	uv run ruff check --fix .

e2e:  ## journeys in a real browser
	uv run pytest tests/e2e

chaos:  ## all crash experiments in their long form (half an hour and more); each prints one JSON line
	for number in $$(uv run python -m chaos --list); do uv run python -m chaos $$number || failed=1; done; test -z "$$failed"
