"""Effects along the arrows of a fitted model, and how far they may be off."""
