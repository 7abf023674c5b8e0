"""What the bank decides by itself: contents, scores, templates, versions, imports."""
