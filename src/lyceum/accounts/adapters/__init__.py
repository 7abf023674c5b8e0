"""The technology around accounts."""
