"""Words that every context speaks. Standard library only."""
