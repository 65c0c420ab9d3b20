"""A study run again: its data, its fit, and every published number beside the one computed now."""
