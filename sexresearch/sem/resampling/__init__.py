"""The bootstrap and Monte-Carlo intervals."""
