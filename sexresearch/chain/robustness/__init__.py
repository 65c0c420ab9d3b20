"""Whether the answers to the questions stand if the data had been taken otherwise."""
