"""How survey platforms lay out their exports: one file per platform, each recognized by its structure."""
